"""Where a figure comes from, by command and as OpenLineage events for other tools."""

import gzip
import importlib
import json
import pkgutil
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from openlineage.client import generated
from openlineage.client.event_v2 import Job, Run, RunEvent, RunState
from openlineage.client.serde import Serde

from jobs.ask import lineage
from jobs.ask.explain import explain, sentences
from jobs.config.settings import Settings
from jobs.errors import BadInput, FailedService
from jobs.lake.failures import recorded
from jobs.lake.nights import Lake
from models.card import read_card
from tests.fixtures.nights import NIGHTS, copied
from tests.fixtures.servers import serve, url
from warehouse.reader import Warehouse

pytestmark = pytest.mark.long


def test_every_figure_is_the_sum_of_comments_that_have_a_raw_line(after_two_nights: Settings) -> None:
    query = "SELECT platform || '/' || account, day, label, comments, expected FROM daily WHERE label = 'toxic'"
    figures = Warehouse(after_two_nights.data_dir / "warehouse").query(query)
    assert figures
    for account, day, label, comments, expected in figures:
        found = explain(after_two_nights, account, day, label)
        assert len(found.comments) == comments
        assert sum(one["probability"] for one in found.comments) == pytest.approx(expected, abs=1e-4)
        assert found.without_raw == []


def test_a_raw_line_is_the_one_that_is_named(after_two_nights: Settings) -> None:
    found = explain(after_two_nights, "instagram/harbour_fc", NIGHTS[0], "toxic")
    stored = Lake(after_two_nights.data_dir).find("raw", found.files[0].night)
    assert stored is not None
    assert found.files[0].sha256 == stored.manifest.checksums["instagram/harbour_fc.jsonl.gz"]
    with gzip.open(after_two_nights.data_dir / found.files[0].name, "rt") as file:
        lines = file.read().splitlines()
    for one in found.files[0].lines[:20]:
        line = json.loads(lines[one.line - 1])
        assert one.comment_id.partition(":")[2] in json.dumps(line["item"])
        assert one.run_id == line["run_id"]
    assert f"model: {found.figure['model']}" in "\n".join(sentences(found))


def test_what_has_no_figure_is_said(after_two_nights: Settings) -> None:
    with pytest.raises(BadInput, match="no comment of that day has a score"):
        explain(after_two_nights, "instagram/nobody", NIGHTS[0], "toxic")


class Collector(BaseHTTPRequestHandler):
    """Takes what Marquez takes, at its address."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.taken.append((self.path, body))  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Any]:
    yield from serve(ThreadingHTTPServer(("127.0.0.1", 0), Collector))


def test_a_collector_hears_what_each_stage_read_and_wrote(after_two_nights: Settings, collector: Any) -> None:
    settings = replace(after_two_nights, lineage_url=url(collector))
    sent = lineage.send(settings, NIGHTS[1])
    assert sent == len(collector.taken) == 14  # six stages and the night, each begun and ended
    assert {path for path, _ in collector.taken} == {"/api/v1/lineage"}
    ends = {event["job"]["name"]: event for _, event in collector.taken if event["eventType"] == "COMPLETE"}
    made_by = {output["name"]: name for name, event in ends.items() for output in event["outputs"]}
    for name, event in ends.items():
        for read in event["inputs"]:
            if read["namespace"] == "file":
                assert made_by[read["name"]] != name
    assert all(one["name"].startswith("actor-runs/") for one in ends["night.scrape"]["inputs"])
    [scored] = ends["night.score"]["outputs"]
    assert scored["outputFacets"]["outputStatistics"]["rowCount"] > 0
    assert f"model={read_card(after_two_nights.model_dir)['version']}" in scored["facets"]["version"]["datasetVersion"]
    night = ends["night"]["run"]["runId"]
    assert {event["run"]["facets"]["parent"]["run"]["runId"] for name, event in ends.items() if name != "night"} == {
        night
    }


def _facets(value: Any) -> Iterator[dict[str, Any]]:
    """Everything in an event that names the schema of its own."""
    if isinstance(value, dict):
        if "_schemaURL" in value:
            yield value
        for one in value.values():
            yield from _facets(one)
    if isinstance(value, list):
        for one in value:
            yield from _facets(one)


def test_the_events_are_what_openlineages_own_client_sends(after_two_nights: Settings) -> None:
    """Its classes come from the published schemas: they check ids, times and URLs, and know the names of all fields."""
    known = {
        name: found
        for module in pkgutil.iter_modules(generated.__path__)
        for name, found in vars(importlib.import_module(f"{generated.__name__}.{module.name}")).items()
    }
    for event in lineage.events(after_two_nights, NIGHTS[1]):
        theirs = RunEvent(
            eventTime=event["eventTime"],
            producer=event["producer"],
            eventType=RunState(event["eventType"]),
            run=Run(runId=event["run"]["runId"]),
            job=Job(namespace=event["job"]["namespace"], name=event["job"]["name"]),
        )
        same = json.loads(Serde.to_json(theirs))
        assert same.keys() <= event.keys()
        assert {name: event[name] for name in ("eventTime", "eventType", "producer")}.items() <= same.items()
        assert event["schemaURL"] == known["RunEvent"]._get_schema()
        for facet in _facets(event):
            its_class = known[facet["_schemaURL"].rpartition("/")[2]]
            assert facet["_schemaURL"] == its_class._get_schema()
            its_class(**{name: one for name, one in facet.items() if not name.startswith("_")})


def test_a_night_that_is_sent_again_is_the_same_night(after_two_nights: Settings) -> None:
    assert list(lineage.events(after_two_nights, NIGHTS[1])) == list(lineage.events(after_two_nights, NIGHTS[1]))


def test_a_stage_that_failed_says_why(after_two_nights: Settings, tmp_path: Path) -> None:
    settings = copied(after_two_nights, tmp_path)
    with pytest.raises(BadInput), recorded(Lake(settings.data_dir), NIGHTS[1], "score"):
        raise BadInput("No model.")
    failed = [event for event in lineage.events(settings, NIGHTS[1]) if event["eventType"] == "FAIL"]
    assert [event["job"]["name"] for event in failed] == ["night.score", "night"]
    assert failed[0]["run"]["facets"]["errorMessage"]["message"] == "No model."


def test_a_collector_that_is_down_is_one_message(after_two_nights: Settings, collector: Any) -> None:
    for address, status in (("http://127.0.0.1:9", 200), (url(collector), 500)):
        collector.status = status
        with pytest.raises(FailedService, match="The night itself is not affected"):
            lineage.send(replace(after_two_nights, lineage_url=address), NIGHTS[1])
