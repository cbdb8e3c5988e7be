"""The API reference as one page of plain HTML, made of the OpenAPI description.

It loads nothing from anywhere, so it works without a network.
"""

import json
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 54rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
pre { padding: .75rem; overflow-x: auto; border: 1px solid #8884; border-radius: 4px; }
h2 { margin-top: 2rem; border-top: 1px solid #8884; padding-top: 1rem; font-size: 1.05rem; }
.method { display: inline-block; min-width: 3.5rem; font-weight: 600; }
table { border-collapse: collapse; } td, th { text-align: left; padding: .15rem 1rem .15rem 0; }
"""


def reference_page(schema: dict[str, Any]) -> str:
    """A whole HTML document."""
    title = escape(f"{schema['info']['title']} {schema['info']['version']}: native API")
    sections = [
        _operation(method, path, operation, schema)
        for path, operations in sorted(schema["paths"].items())
        for method, operation in operations.items()
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>"
        "<p>The MLflow protocol is at <code>/api/2.0</code>. "
        '<a href="docs/openapi.json">OpenAPI description</a></p>'
        f"{''.join(sections)}</body></html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any], schema: dict[str, Any]) -> str:
    parts = [
        f'<h2><span class="method">{method.upper()}</span> <code>{escape(path)}</code></h2>',
        f"<p>{escape(operation.get('description') or operation.get('summary', ''))}</p>",
        _parameters(operation.get("parameters", [])),
    ]
    if body := operation.get("requestBody"):
        parts.append(_content("Body", body, schema))
    for status, response in operation.get("responses", {}).items():
        parts.append(_content(f"Answer {status}", response, schema))
    return "".join(parts)


def _parameters(parameters: list[dict[str, Any]]) -> str:
    rows = [
        f"<tr><td><code>{escape(p['name'])}</code></td><td>{escape(p['in'])}</td>"
        f"<td>{escape(p.get('description', ''))}</td></tr>"
        for p in parameters
    ]
    head = "<table><tr><th>parameter</th><th>in</th><th></th></tr>"
    return f"{head}{''.join(rows)}</table>" if rows else ""


def _content(title: str, content: dict[str, Any], schema: dict[str, Any]) -> str:
    for media in content.get("content", {}).values():
        shown = json.dumps(_resolved(media.get("schema", {}), schema), indent=2)
        return f"<p>{escape(title)}</p><pre>{escape(shown)}</pre>"
    return ""


def _resolved(node: Any, schema: dict[str, Any], depth: int = 0) -> Any:
    """The node with its references written out."""
    if isinstance(node, list):
        return [_resolved(item, schema, depth) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node and depth < 8:
        name = node["$ref"].rsplit("/", 1)[-1]
        return _resolved(schema["components"]["schemas"][name], schema, depth + 1)
    return {key: _resolved(value, schema, depth) for key, value in node.items()}
