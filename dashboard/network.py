"""Who attacks whom, as a network: where its nodes are drawn, and a file for other programs (GEXF, for Gephi)."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np

from dashboard.view import Row

ROUNDS, SEED = 200, 1  # of drawing; the same network looks the same
GEXF = "http://gexf.net/1.3"
KINDS = {False: "author", True: "account"}


@dataclass(frozen=True)
class Node:
    name: str  # a pseudonym, or an account as platform/handle
    is_account: bool
    sent: float  # toxicity of their attacks, summed
    received: float  # of those on them


def nodes(edges: Sequence[Row]) -> list[Node]:
    """The most attacked first."""
    accounts = {row["target"] for row in edges if row["is_account"]}
    sent, received = ({name: 0.0 for row in edges for name in (row["author"], row["target"])} for _ in range(2))
    for row in edges:
        sent[row["author"]] += row["toxic"]
        received[row["target"]] += row["toxic"]
    found = [Node(name, name in accounts, sent[name], received[name]) for name in sent]
    return sorted(found, key=lambda node: (-node.received, -node.sent, node.name))


def places(names: Sequence[str], edges: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """Nodes push each other away and edges pull them together (Fruchterman and Reingold)."""
    number = {name: i for i, name in enumerate(names)}
    pulls = np.zeros((len(names), len(names)))
    for row in edges:
        one, other = number[row["author"]], number[row["target"]]
        pulls[one, other] = pulls[other, one] = 1
    at = np.random.default_rng(SEED).uniform(-1, 1, (len(names), 2))
    apart = 1 / np.sqrt(max(len(names), 1))
    for heat in np.linspace(0.2, 0.005, ROUNDS):
        between = at[:, None] - at[None]
        distance = np.maximum(np.linalg.norm(between, axis=2), 0.01)
        force = between / distance[..., None] * (apart**2 / distance - pulls * distance**2 / apart)[..., None]
        step = force.sum(axis=1) - 0.3 * at  # what nothing pulls stays near the middle
        at += step / np.maximum(np.linalg.norm(step, axis=1), 0.01)[:, None] * heat
    return {name: (float(x), float(y)) for name, (x, y) in zip(names, at, strict=True)}


def gexf(edges: Sequence[Row]) -> str:
    root = ElementTree.Element("gexf", xmlns=GEXF, version="1.3")
    graph = ElementTree.SubElement(root, "graph", defaultedgetype="directed")
    _declare(graph, "node", {"kind": "string", "toxicity sent": "double", "toxicity received": "double"})
    _declare(graph, "edge", {"comments": "integer"})
    drawn = ElementTree.SubElement(graph, "nodes")
    for one in nodes(edges):
        node = ElementTree.SubElement(drawn, "node", id=one.name, label=one.name)
        _describe(node, KINDS[one.is_account], one.sent, one.received)
    lines = ElementTree.SubElement(graph, "edges")
    for i, row in enumerate(edges):
        edge = ElementTree.SubElement(
            lines, "edge", id=str(i), source=row["author"], target=row["target"], weight=str(row["toxic"])
        )
        _describe(edge, row["comments"])
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _declare(graph: ElementTree.Element, of: str, columns: dict[str, str]) -> None:
    attributes = ElementTree.SubElement(graph, "attributes", {"class": of})
    for i, (title, kind) in enumerate(columns.items()):
        ElementTree.SubElement(attributes, "attribute", id=str(i), title=title, type=kind)


def _describe(element: ElementTree.Element, *values: str | float) -> None:
    described = ElementTree.SubElement(element, "attvalues")
    for i, value in enumerate(values):
        ElementTree.SubElement(described, "attvalue", {"for": str(i), "value": str(value)})
