"""What is in a release, and under which licences: CycloneDX for tools, a page for people."""

import json
import tomllib
import uuid
from collections.abc import Iterable
from datetime import datetime
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

from dashboard import bundle
from jobs.config.settings import SHIPPED
from jobs.spark import jars
from models.card import read_card
from models.training.data import SOURCES
from models.training.spam import FACTS as SPAM

UNKNOWN = "not stated"
ELSEWHERE = "not installed on this platform"
IN_THEIR_FILES = {"huey": "MIT", "namex": "Apache-2.0", "skops": "MIT"}  # read on 27 November 2026
MODELS = [SHIPPED.with_name(name) for name in ("bilstm", "transformer", "cascade")]
JARS = {  # fetched from Maven by `python -m jobs.spark.jars`, never shipped
    "Apache-2.0": (*jars.SPARK_NLP, *jars.S3, *jars.KAFKA, *jars.ENGINE[2:]),
    "MIT": jars.ENGINE[:1],
    "BSD-3-Clause": jars.ENGINE[1:2],
}
Json = dict[str, Any]


def write(version: str, made_at: datetime, exported: str, target: Path) -> int:
    """Writes both files from what uv exports of the lock; returns the number of components."""
    components = [_with_licence(component) for component in json.loads(exported)["components"]]
    components += [_model(folder) for folder in MODELS]
    components.append(_bundle())
    components += [_jar(name, licence) for licence, names in JARS.items() for name in names]
    (target / "LICENCES.md").write_text(_page(components), encoding="utf-8")
    whole = _bill(version, made_at, json.loads(exported), components)
    (target / "sbom.cdx.json").write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return len(components)


def _bill(version: str, made_at: datetime, exported: Json, components: list[Json]) -> Json:
    """The export without what differs from one run to the next."""
    name = f"toxwatch {version} {json.dumps(components, sort_keys=True)}"
    root = exported["metadata"]["component"] | {"type": "application", "licenses": [{"license": {"id": "MIT"}}]}
    return exported | {
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, name).urn,
        "metadata": exported["metadata"] | {"timestamp": made_at.isoformat(), "component": root},
        "components": components,
    }


def _with_licence(component: Json) -> Json:
    try:
        found = licence(metadata(component["name"]))
    except PackageNotFoundError:
        found = ELSEWHERE
    return component | {"licenses": [{"license": {"name": found}}]}


def licence(about: PackageMetadata) -> str:
    """As the package says: in its expression, else its classifiers, else the first line of its text, else its file."""
    if "License-Expression" in about:
        return about["License-Expression"]
    classifiers = [one.rpartition(" :: ")[2] for one in about.get_all("Classifier") or [] if one.startswith("License")]
    if named := [one for one in classifiers if one != "OSI Approved"]:
        return ", ".join(named)
    text = "".join(about.get_all("License") or ()).strip() or IN_THEIR_FILES.get(about["Name"], UNKNOWN)
    return text.splitlines()[0]


def _model(folder: Path) -> Json:
    card = read_card(folder)
    return {
        "type": "machine-learning-model",
        "bom-ref": card["version"],
        "name": f"toxwatch-{folder.name}",
        "version": card["version"],
        "hashes": [{"alg": "SHA-256", "content": content} for content in card["files"].values()],
        "licenses": [{"license": {"name": "MIT"}}],
    }


def _bundle() -> Json:
    """The part of Plotly that the dashboard brings."""
    version = bundle.version()
    return {"type": "library", "bom-ref": f"{bundle.PACKAGE}-{version}", "name": bundle.PACKAGE, "version": version,
            "purl": f"pkg:npm/{bundle.PACKAGE}@{version}", "licenses": [{"license": {"name": "MIT"}}]}  # fmt: skip


def _jar(coordinates: str, licence: str) -> Json:
    group, name, version = coordinates.split(":")
    address = f"pkg:maven/{group}/{name}@{version}"
    return {
        "type": "library",
        "bom-ref": address,
        "group": group,
        "name": name,
        "version": version,
        "purl": address,
        "scope": "optional",
        "licenses": [{"license": {"name": licence}}],
    }


def _page(components: Iterable[Json]) -> str:
    rows = {(one["name"], one["version"], one["licenses"][0]["license"]["name"]) for one in components}
    parts = [
        "# Licences\n\nToxwatch is MIT licensed. It uses the following, as each says of itself; jars are fetched from "
        "Maven when it is installed.\n\n| component | version | licence |\n|---|---|---|\n",
        *(f"| {name} | {version} | {named.replace('|', '/')} |\n" for name, version, named in sorted(rows)),
        "\n# Data\n\nLabelled comments that trained or judged the shipped models. None of them is in the release.\n\n"
        "| data | origin | licence | trained shipped models |\n|---|---|---|---|\n",
        *_data(),
    ]
    return "".join(parts)


def _data() -> Iterable[str]:
    trained = {source for folder in MODELS for source in read_card(folder).get("sources", ())}
    for path in sorted(SOURCES.glob("*.toml")):
        about = tomllib.loads(path.read_text(encoding="utf-8"))
        yield f"| {path.stem} | {about['origin']} | {about['licence']} | {'yes' if path.stem in trained else 'no'} |\n"
    for source in tomllib.loads(SPAM.read_text(encoding="utf-8"))["sources"]:
        if "origin" in source:  # else it is one of those above
            yield f"| {Path(source['file']).stem} | {source['origin']} | {source['licence']} | yes |\n"
