"""Golden files: one request each, and the answer it must get, written so that a person can read it.

    name     what is shown, as a sentence
    before   requests that make what the request is about; "save" keeps a part of an answer by name
    request  method, path (with its query, percent-encoded), headers, body: JSON, or a text to send
             as it stands; without headers a body is sent as JSON
    status, answer
    then     requests after it, each with its answer, that show what was kept
    differs  why the answer is not MLflow's, where it is not

In all of them `<run>` stands for what was saved as "run", and `<unique>` for a text that no other
file uses (the files share a server, and names of experiments are unique). In answers `<time>` is a
time of now, `<id>` 32 hex digits, `<number>` digits, `<random name>` a name that nobody chose,
`<token>` a page token. `{"$repeat": 3, "$of": x}` is a list of x three times, with `<n>` in it as
0, 1, 2; `{"$long": "x", "$times": 3}` is `xxx`.
"""

import json
import re
import time
from pathlib import Path
from typing import Any

from tests.asgi import Answer, call

FOLDER = Path(__file__).parent / "golden"

_PATTERNS = {
    "<id>": r"[0-9a-f]{32}",
    "<number>": r"[0-9]+",
    "<random name>": r"[a-z]+-[a-z]+-[0-9]+",
    "<token>": r"[A-Za-z0-9_=-]+",
}
_TIME_WINDOW_MS = 60_000


def play(app: Any, golden: dict[str, Any], unique: str) -> None:
    """Send what a golden file says, and compare what comes back."""
    saved: dict[str, Any] = {"unique": unique}
    for request in golden.get("before", []):
        before = send(app, request, saved)
        assert before.status == 200, before.body
        for name, route in request.get("save", {}).items():
            saved[name] = _part(before.json, route)
    got = send(app, golden["request"], saved)
    check(got.status, _content(got), golden["status"], golden.get("answer"), saved)
    for request in golden.get("then", []):
        after = send(app, request, saved)
        check(after.status, _content(after), request.get("status", 200), request["answer"], saved)


def send(app: Any, request: dict[str, Any], saved: dict[str, Any]) -> Answer:
    body = expand(request["body"], saved) if "body" in request else None
    if body is not None and not isinstance(body, str):
        body = json.dumps(body)
    path = expand(request["path"], saved)
    encoded = None if body is None else body.encode()
    return call(app, request["method"], path, encoded, request.get("headers"))


def check(
    status: int, content: Any, wanted_status: int, wanted: Any, saved: dict[str, Any]
) -> None:
    assert _matches(content, expand(wanted, saved)), (
        f"answered {status} {json.dumps(content, indent=2, ensure_ascii=False)}"
    )
    assert status == wanted_status, content


def expand(value: Any, saved: dict[str, Any], n: int | None = None) -> Any:
    """The value with what was saved, repeats and long texts written out."""
    if isinstance(value, str):
        for name, found in saved.items():
            value = value.replace(f"<{name}>", str(found))
        return value if n is None else value.replace("<n>", str(n))
    if isinstance(value, list):
        return [expand(item, saved, n) for item in value]
    if isinstance(value, dict):
        if "$repeat" in value:
            return [expand(value["$of"], saved, i) for i in range(value["$repeat"])]
        if "$long" in value:
            return value["$long"] * value["$times"]
        return {name: expand(item, saved, n) for name, item in value.items()}
    return value


def _matches(got: Any, wanted: Any) -> bool:
    if wanted == "<time>":
        return isinstance(got, int) and abs(got - time.time() * 1000) < _TIME_WINDOW_MS
    if isinstance(wanted, dict):
        return (
            isinstance(got, dict)
            and got.keys() == wanted.keys()
            and all(_matches(got[name], wanted[name]) for name in wanted)
        )
    if isinstance(wanted, list):
        return (
            isinstance(got, list)
            and len(got) == len(wanted)
            and all(_matches(g, w) for g, w in zip(got, wanted, strict=True))
        )
    if isinstance(wanted, str) and isinstance(got, str):
        pattern = re.escape(wanted)
        for placeholder, form in _PATTERNS.items():
            pattern = pattern.replace(re.escape(placeholder), form)
        return re.fullmatch(pattern, got, re.DOTALL) is not None
    return type(got) is type(wanted) and got == wanted


def _content(answer: Answer) -> Any:
    if "application/json" in answer.headers.get("content-type", ""):
        return answer.json
    return answer.body.decode()


def _part(content: Any, route: str) -> Any:
    for step in route.split("."):
        content = content[int(step)] if isinstance(content, list) else content[step]
    return content
