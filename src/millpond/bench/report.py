"""Repetitions to medians, and medians to a table, Markdown and JSON."""

import json
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

from millpond.bench.figures import Figure


@dataclass
class Report:
    """All figures of all targets; the first target is the one that others are compared with."""

    targets: list[str]
    facts: dict[str, str]
    figures: dict[str, list[Figure]] = field(default_factory=dict)
    failures: dict[str, set[str]] = field(default_factory=dict)

    def add(self, target: str, figures: list[Figure]) -> None:
        self.figures.setdefault(target, []).extend(figures)

    def fail(self, target: str, row: str) -> None:
        """The target did not bear the load of a row."""
        self.failures.setdefault(target, set()).add(row)

    def medians(self) -> Iterator[tuple[Figure, list[float | None]]]:
        """Each row once, with the median of each target, or None where it was not measured."""
        values: dict[tuple[str, str], dict[str, list[float]]] = {}
        samples: dict[tuple[str, str], Figure] = {}
        for target, figures in self.figures.items():
            for figure in figures:
                where = (figure.row, figure.what)
                samples.setdefault(where, figure)
                values.setdefault(where, {}).setdefault(target, []).append(figure.value)
        for where, sample in samples.items():
            by_target = values[where]
            yield (
                sample,
                [
                    statistics.median(by_target[name]) if name in by_target else None
                    for name in self.targets
                ],
            )

    def lines(self) -> Iterator[list[str]]:
        """The cells of the table, with the ratio to each peer last: above 1, ours is better."""
        for sample, medians in self.medians():
            cells = [sample.row, f"{sample.what}, {sample.unit}", *map(show, medians)]
            cells += [show_ratio(sample, medians[0], peer) for peer in medians[1:]]
            yield cells

    def headings(self) -> list[str]:
        ours, *peers = self.targets
        return ["work", "figure", *self.targets, *(f"{ours} to {peer}" for peer in peers)]

    def table(self) -> Table:
        table = Table(caption=self._caption())
        for number, heading in enumerate(self.headings()):
            table.add_column(heading, justify="left" if number < 2 else "right")
        row_before = ""
        for cells in self.lines():
            if row_before and cells[0] != row_before:
                table.add_section()
            table.add_row("" if cells[0] == row_before else cells[0], *cells[1:])
            row_before = cells[0]
        return table

    def markdown(self) -> str:
        headings = self.headings()
        rule = ["---", "---", *["---:"] * (len(headings) - 2)]
        lines = [headings, rule, *self.lines()]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + f"\n\n{self._caption()}\n"

    def json(self) -> str:
        rows: list[dict[str, Any]] = []
        for sample, medians in self.medians():
            repetitions = {
                target: [f.value for f in figures if (f.row, f.what) == (sample.row, sample.what)]
                for target, figures in self.figures.items()
            }
            rows.append(
                {
                    "work": sample.row,
                    "figure": sample.what,
                    "unit": sample.unit,
                    "median": dict(zip(self.targets, medians, strict=True)),
                    "repetitions": repetitions,
                }
            )
        failures = {target: sorted(rows) for target, rows in self.failures.items()}
        return (
            json.dumps({"facts": self.facts, "failures": failures, "rows": rows}, indent=2) + "\n"
        )

    def _caption(self) -> str:
        facts = [f"{name} {value}" for name, value in self.facts.items()]
        failures = [f"{t} failed at {', '.join(sorted(r))}" for t, r in self.failures.items()]
        return "; ".join(facts + failures)


def show(value: float | None) -> str:
    if value is None:
        return "-"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def show_ratio(sample: Figure, ours: float | None, peer: float | None) -> str:
    if not ours or not peer or sample.what == "client CPU":
        return ""
    ratio = ours / peer if sample.is_better_high else peer / ours
    return f"{ratio:,.3g} x"
