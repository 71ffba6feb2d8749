"""/docs: the API's reference as a page of our own, made from /openapi.json. FastAPI's loads scripts from elsewhere."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from fastapi import FastAPI
from starlette.responses import HTMLResponse

PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>API – Toxwatch</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/assets/style.css"></head>
<body class="reference"><main><h1>Toxwatch API</h1><p>{description} Programs send a key:
<code>Authorization: Bearer …</code> (<code>toxwatch key add NAME</code>).
<a href="/openapi.json">openapi.json</a> describes it for tools.</p>
{operations}</main></body></html>"""
TYPES = {"integer": "number", "array": "list"}


def add(server: FastAPI) -> None:
    @server.get("/docs", include_in_schema=False)
    def reference() -> HTMLResponse:
        described = server.openapi()
        description = escape(described["info"]["description"])
        return HTMLResponse(PAGE.format(description=description, operations=operations(described)))


def operations(described: dict[str, Any]) -> str:
    """Everything the API answers, as HTML."""
    return "".join(
        "".join(_operation(described, method.upper(), path, operation))
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    )


def _operation(described: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"<section class='panel'><h2><code>{method} {escape(path)}</code></h2><p>{escape(operation['summary'])}</p>"
    fields = [(one["name"], one["schema"], one.get("description", "")) for one in operation.get("parameters", [])]
    if "requestBody" in operation:
        form = _resolved(described, operation["requestBody"]["content"]["application/json"]["schema"])
        fields += [(name, one, one.get("description", "")) for name, one in form["properties"].items()]
        yield f"<pre>{escape(_example(method, path, form))}</pre>"
    if fields:
        yield "<div class='table'><table><thead><tr><th>Field<th>Value<th>Meaning</tr></thead><tbody>"
        for name, schema, meaning in fields:
            yield f"<tr><td><code>{escape(name)}</code><td>{escape(_type(described, schema))}<td>{escape(meaning)}</tr>"
        yield "</tbody></table></div>"
    yield "</section>"


def _resolved(described: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    resolved: dict[str, Any] = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return resolved


def _type(described: dict[str, Any], schema: dict[str, Any]) -> str:
    """A schema in words, e.g. "none, low or high"."""
    schema = _resolved(described, schema)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(described, one) for one in schema["anyOf"] if one.get("type") != "null"))
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    kind = str(schema.get("format") or schema.get("type", ""))
    return TYPES.get(kind, kind)


def _example(method: str, path: str, form: dict[str, Any]) -> str:
    values = {name: one["examples"][0] for name, one in form["properties"].items() if one.get("examples")}
    return f"{method} {path}\n{json.dumps(values, ensure_ascii=False)}"
