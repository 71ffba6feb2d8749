"""OpenLineage events of a night: what each stage read and wrote, made from the manifests that the stages leave.

They are made afterwards, so a collector that is down never holds up a night, and the same events can be sent again: a
run's id is made of what the run left.
"""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from jobs.collect.runs import runs_of
from jobs.config.settings import Settings
from jobs.errors import FailedService
from jobs.lake.datasets import BY_NAME, STAGES, Dataset
from jobs.lake.failures import FOLDER, failures
from jobs.lake.manifests import MANIFEST, Manifest
from jobs.lake.nights import Lake
from models.card import read_card

NAMESPACE = "toxwatch"
NIGHT = "night"  # the job that the stages are parts of
SPEC = "https://openlineage.io/spec"
EVENT = f"{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
FACETS = {  # name → version and file of its definition
    "nominalTime": "1-0-1/NominalTimeRunFacet.json#/$defs/NominalTimeRunFacet",
    "parent": "1-2-0/ParentRunFacet.json#/$defs/ParentRunFacet",
    "errorMessage": "1-0-1/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet",
    "jobType": "2-0-4/JobTypeJobFacet.json#/$defs/JobTypeJobFacet",
    "version": "1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet",
    "schema": "1-2-0/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet",
    "outputStatistics": "1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet",
}
SECONDS = 20
Json = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A stage of a night as it ended, or the night as a whole."""

    stage: str
    started_at: datetime
    ended_at: datetime
    inputs: list[Json]
    outputs: list[Json]
    error: str | None = None


def send(settings: Settings, night: date) -> int:
    """Sends the night's events to the collector; returns how many."""
    url = f"{str(settings.lineage_url).rstrip('/')}/api/v1/lineage"
    sent = 0
    for event in events(settings, night):
        request = Request(url, json.dumps(event).encode(), {"Content-Type": "application/json"})
        try:
            with urlopen(request, timeout=SECONDS):
                sent += 1
        except (URLError, OSError, ValueError) as error:
            raise FailedService(
                f"The collector did not take the lineage of {night} ({error}). The night itself is not affected; "
                f"send it again with `toxwatch lineage --night {night}`."
            ) from None
    return sent


def events(settings: Settings, night: date) -> Iterator[Json]:
    """In the order in which things happened."""
    runs = list(_runs(settings, Lake.of(settings), night))
    if not runs:
        return
    errors = [run.error for run in runs if run.error]
    whole = Run(
        NIGHT,
        min(run.started_at for run in runs),
        max(run.ended_at for run in runs),
        [],
        [],
        errors[0] if errors else None,
    )
    parent = _id(settings, night, whole)
    yield _event("START", settings, night, whole)
    for run in runs:
        yield _event("START", settings, night, run, parent)
        yield _event("FAIL" if run.error else "COMPLETE", settings, night, run, parent)
    is_finished = runs[-1].stage == STAGES[-1].stage and not errors
    if is_finished or errors:
        yield _event("FAIL" if errors else "COMPLETE", settings, night, whole)


def _runs(settings: Settings, lake: Lake, night: date) -> Iterator[Run]:
    model = str(read_card(settings.model_dir)["version"])
    failed = failures(lake, night)
    before: list[Json] = _paid_runs(settings, lake, night)
    for dataset in STAGES:
        if dataset.stage in failed:
            at = datetime.fromtimestamp((lake.root / FOLDER / f"{night} {dataset.stage}.json").stat().st_mtime, UTC)
            yield Run(dataset.stage, at, at, before, [], failed[dataset.stage])
        stored = lake.find(dataset.name, night, model if dataset.by_model else None)
        if stored is None:
            return
        ended_at = datetime.fromtimestamp((stored.path / MANIFEST).stat().st_mtime, UTC)
        manifest, output = stored.manifest, _output(lake, dataset, stored.manifest)
        if dataset.stage not in failed:
            yield Run(dataset.stage, ended_at - timedelta(seconds=manifest.seconds), ended_at, before, [output])
        before = [{"namespace": output["namespace"], "name": output["name"], "facets": output["facets"]}]


def _paid_runs(settings: Settings, lake: Lake, night: date) -> list[Json]:
    """What scrape reads: the items of paid runs on Apify."""
    ids = sorted({run.run_id for _, run in runs_of(lake.folder("raw", night)) if run.run_id})
    return [{"namespace": settings.apify_url, "name": f"actor-runs/{id}"} for id in ids]


def _output(lake: Lake, dataset: Dataset, manifest: Manifest) -> Json:
    """A dataset in the version that the night left; its name is the same every night."""
    facets: Json = {"version": _facet("version", datasetVersion=f"night={manifest.night}" + _by(manifest))}
    if dataset.tables:
        columns = next(iter(BY_NAME[dataset.name].tables.values()))
        facets["schema"] = _facet("schema", fields=[{"name": one.name, "type": str(one.type)} for one in columns])
    size = {"size": sum(manifest.files.values()), "fileCount": len(manifest.files)} if manifest.files else {}
    return {
        "namespace": "file",
        "name": str(lake.root / dataset.name),
        "facets": facets,
        "outputFacets": {"outputStatistics": _facet("outputStatistics", rowCount=manifest.rows_out, **size)},
    }


def _by(manifest: Manifest) -> str:
    named = [f"{name}={manifest.versions[name]}" for name in ("model", "warehouse") if name in manifest.versions]
    return "".join(f", {one}" for one in named)


def _event(kind: str, settings: Settings, night: date, run: Run, parent: str | None = None) -> Json:
    facets: Json = {"nominalTime": _facet("nominalTime", nominalStartTime=f"{night}T00:00:00Z",
                                          nominalEndTime=f"{night + timedelta(days=1)}T00:00:00Z")}  # fmt: skip
    if parent:
        facets["parent"] = _facet("parent", run={"runId": parent}, job={"namespace": NAMESPACE, "name": NIGHT})
    if kind == "FAIL":
        facets["errorMessage"] = _facet("errorMessage", message=run.error, programmingLanguage="python")
    name = run.stage if run.stage == NIGHT else f"{NIGHT}.{run.stage}"
    return {
        "eventType": kind,
        "eventTime": (run.started_at if kind == "START" else run.ended_at).isoformat(),
        "producer": _producer(),
        "schemaURL": EVENT,
        "run": {"runId": _id(settings, night, run), "facets": facets},
        "job": {
            "namespace": NAMESPACE,
            "name": name,
            "facets": {
                "jobType": _facet("jobType", processingType="BATCH", integration="TOXWATCH", jobType="STAGE")
                if parent
                else _facet("jobType", processingType="BATCH", integration="TOXWATCH", jobType="DAG")
            },
        },
        "inputs": run.inputs,
        "outputs": [] if kind == "START" else run.outputs,
    }


def _facet(name: str, **facts: Any) -> Json:
    folder, file = FACETS[name].split("/", 1)
    return {"_producer": _producer(), "_schemaURL": f"{SPEC}/facets/{folder}/{file}", **facts}


def _producer() -> str:
    return f"urn:toxwatch:{version('toxwatch')}"


def _id(settings: Settings, night: date, run: Run) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{settings.data_dir} {night} {run.stage} {run.ended_at.isoformat()}"))
