"""The rows that read: searches, histories and charts of data that was put in before."""

import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

from millpond.bench.figures import Figure, NotServed, expect, median_ms
from millpond.bench.filling import FilledRun, end_run, fill_metric, fill_runs, loss_curve
from millpond.bench.rest import Refused, Rest

PAGE = 100
CHART_POINTS = 2_500
_FILTER = "metrics.metric_0 > 0.6"
_ORDER = "metrics.metric_1 DESC"


def search(rest: Rest, experiment_id: str, count: int, seconds: float) -> list[Figure]:
    """A filter and an order by metrics, a param, a tag, and pages far behind, among many runs."""
    began = time.perf_counter()
    runs = fill_runs(rest.url, experiment_id, count)
    row = f"search of {count:,} runs"
    filled = Figure(row, "filled", "runs/s", count / (time.perf_counter() - began), True)
    questions: list[tuple[str, dict[str, Any], Callable[[FilledRun], bool]]] = [
        ("newest", {}, lambda run: True),
        (
            "filter and order by metrics",
            {"filter": _FILTER, "order_by": [_ORDER]},
            lambda run: run.metrics["metric_0"] > 0.6,
        ),
        (
            "param equal",
            {"filter": "params.param_3 = '42'"},
            lambda run: run.params["param_3"] == "42",
        ),
        (
            "tag like",
            {"filter": "tags.tag_2 LIKE 'value-1%'"},
            lambda run: run.tags["tag_2"].startswith("value-1"),
        ),
    ]
    figures = [filled]
    for what, asked, belongs in questions:
        body = {"experiment_ids": [experiment_id], "max_results": PAGE, **asked}
        page = rest.post("runs/search", **body)
        wanted = [run for run in reversed(runs) if belongs(run)]
        if "order_by" in asked:
            wanted.sort(key=lambda run: -run.metrics["metric_1"])
        found = [run["info"]["run_name"] for run in page.get("runs", [])]
        expect(f"runs found by {what}", found, [run.name for run in wanted[:PAGE]])
        cost = median_ms(lambda body=body: rest.post("runs/search", **body), seconds)  # type: ignore[misc]
        figures.append(Figure(row, f"{what}, page of {PAGE}", "ms", cost))
    figures.append(Figure(row, "a page far behind", "ms", _far_page(rest, experiment_id, seconds)))
    return figures


def _far_page(rest: Rest, experiment_id: str, seconds: float) -> float:
    """The last but one page of the newest runs."""
    body: dict[str, Any] = {"experiment_ids": [experiment_id], "max_results": PAGE}
    tokens: list[str] = []
    while token := rest.post("runs/search", **body).get("next_page_token"):
        tokens.append(token)
        body["page_token"] = token
    body["page_token"] = tokens[-2]
    return median_ms(lambda: rest.post("runs/search", **body), seconds)


def history(rest: Rest, experiment_id: str, points: int, seconds: float) -> list[Figure]:
    """All points of one metric, read page by page, and its chart."""
    run_id = rest.create_run(experiment_id, "long")
    values = loss_curve(points)
    began = time.perf_counter()
    fill_metric(rest.url, run_id, "loss", values)
    row = f"one metric of {points:,} points"
    figures = [Figure(row, "filled", "points/s", points / (time.perf_counter() - began), True)]
    end_run(rest, run_id)
    found = [(p["step"], p["value"]) for p in rest.history(run_id, "loss")]
    expect(f"history of {points} points", sorted(found), list(enumerate(values)))
    pages = _history_pages(rest, run_id)
    cost = median_ms(lambda: _read_pages(rest, run_id, pages), seconds, at_least=3)
    figures.append(Figure(row, "whole history", "us/point", cost * 1000 / points))
    with contextlib.suppress(NotServed):
        figures += _chart(rest, run_id, row, max(values), seconds)
    return figures


def _history_pages(rest: Rest, run_id: str) -> list[str]:
    """The page tokens of a history, so that timing it parses nothing."""
    tokens = [""]
    while True:
        page = rest.history_page(run_id, "loss", tokens[-1])
        token = json.loads(page).get("next_page_token")
        if not token:
            return tokens
        tokens.append(token)


def _read_pages(rest: Rest, run_id: str, tokens: list[str]) -> None:
    for token in tokens:
        rest.history_page(run_id, "loss", token)


def _chart(rest: Rest, run_id: str, row: str, spike: float, seconds: float) -> list[Figure]:
    path = "metrics/get-history-bulk-interval"
    query = {"run_ids": run_id, "metric_key": "loss", "max_results": CHART_POINTS}
    try:
        answer = rest.get(path, **query)
    except Refused:
        raise NotServed(path) from None
    is_kept = any(point["value"] == spike for point in answer["metrics"])
    cost = median_ms(lambda: rest.get(path, **query), seconds)
    return [
        Figure(row, f"chart of {CHART_POINTS:,} points", "ms", cost),
        Figure(row, "spikes the chart keeps", "of 1", float(is_kept), True),
    ]
