"""The rows that read: searches, histories and charts of data that was put in before."""

import contextlib
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from millpond.bench.figures import Figure, NotServed, expect, median_ms
from millpond.bench.filling import FilledRun, end_run, fill_metric, fill_runs, loss_curve
from millpond.bench.rest import HISTORY_PAGE, Refused, Rest

PAGE = 100
CHART_POINTS = 2_500


class Search:
    """A search, and the page that it must find among the runs that were filled in."""

    def __init__(
        self,
        what: str,
        belongs: Callable[[FilledRun], bool],
        best: Callable[[FilledRun], float] | None = None,
        **asked: Any,
    ) -> None:
        """best: the order, greatest first; without one the newest come first."""
        self.what = what
        self.wanted: list[FilledRun] = []
        self._belongs = belongs
        self._best = best
        self._asked = asked

    def take(self, runs: Sequence[FilledRun]) -> None:
        """Runs that were filled in, newer than those before."""
        self.wanted = [run for run in reversed(runs) if self._belongs(run)] + self.wanted
        if self._best is not None:
            self.wanted.sort(key=self._best, reverse=True)
        del self.wanted[PAGE:]

    def figure(self, rest: Rest, experiment_id: str, row: str, seconds: float) -> Figure:
        body = {"experiment_ids": [experiment_id], "max_results": PAGE, **self._asked}
        found = [
            run["info"]["run_name"] for run in rest.post("runs/search", **body).get("runs", [])
        ]
        expect(f"runs found by {self.what}", found, [run.name for run in self.wanted])
        cost = median_ms(lambda: rest.post("runs/search", **body), seconds)
        return Figure(row, f"{self.what}, page of {PAGE}", "ms", cost)


def searches() -> list[Search]:
    """A filter and an order by metrics, a param, a tag."""
    return [
        Search("newest", lambda run: True),
        Search(
            "filter and order by metrics",
            lambda run: run.metrics["metric_0"] > 0.6,
            lambda run: run.metrics["metric_1"],
            filter="metrics.metric_0 > 0.6",
            order_by=["metrics.metric_1 DESC"],
        ),
        Search(
            "param equal",
            lambda run: run.params["param_3"] == "42",
            filter="params.param_3 = '42'",
        ),
        Search(
            "tag like",
            lambda run: run.tags["tag_2"].startswith("value-1"),
            filter="tags.tag_2 LIKE 'value-1%'",
        ),
    ]


def search(rest: Rest, experiment_id: str, count: int, seconds: float) -> list[Figure]:
    """Searches, and pages far behind, among many runs."""
    began = time.perf_counter()
    runs = fill_runs(rest.url, experiment_id, count)
    row = f"search of {count:,} runs"
    figures = [Figure(row, "filled", "runs/s", count / (time.perf_counter() - began), True)]
    for question in searches():
        question.take(runs)
        figures.append(question.figure(rest, experiment_id, row, seconds))
    figures.append(Figure(row, "a page far behind", "ms", far_page(rest, experiment_id, seconds)))
    return figures


def far_page(rest: Rest, experiment_id: str, seconds: float, pages: int = 500) -> float:
    """The last but one page of the newest runs, or the 500th if there are as many."""
    body: dict[str, Any] = {"experiment_ids": [experiment_id], "max_results": PAGE}
    tokens: list[str] = []
    while len(tokens) < pages:
        token = rest.post("runs/search", **body).get("next_page_token")
        if not token:
            break
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
    pages = history_pages(rest, run_id, points)
    cost = median_ms(lambda: read_pages(rest, run_id, pages), seconds, at_least=3)
    figures.append(Figure(row, "whole history", "us/point", cost * 1000 / points))
    with contextlib.suppress(NotServed):
        figures += chart(rest, run_id, row, max(values), seconds)
    return figures


def history_pages(rest: Rest, run_id: str, points: int) -> list[str]:
    """The page tokens of so much of a history, so that timing it parses nothing."""
    tokens = [""]
    while len(tokens) * HISTORY_PAGE < points:
        page = rest.history_page(run_id, "loss", tokens[-1])
        token = json.loads(page).get("next_page_token")
        if not token:
            break
        tokens.append(token)
    return tokens


def read_pages(rest: Rest, run_id: str, tokens: list[str]) -> None:
    for token in tokens:
        rest.history_page(run_id, "loss", token)


def chart(rest: Rest, run_id: str, row: str, spike: float, seconds: float) -> list[Figure]:
    path = "metrics/get-history-bulk-interval"
    query = {"run_ids": run_id, "metric_key": "loss", "max_results": CHART_POINTS}
    try:
        answer = rest.get(path, **query)
    except Refused:
        raise NotServed(path) from None
    is_kept = any(point["value"] == spike for point in answer["metrics"])
    cost = median_ms(lambda: rest.fetch(path, **query), seconds)
    return [
        Figure(row, f"chart of {CHART_POINTS:,} points", "ms", cost),
        Figure(row, "spikes the chart keeps", "of 1", float(is_kept), True),
    ]
