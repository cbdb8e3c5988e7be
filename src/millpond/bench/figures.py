"""Measured numbers, and what makes a measurement worthless."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class WrongAnswer(Exception):
    """The server acknowledged writes that it does not give back."""


class NotServed(Exception):
    """The server has no such call; the row is left out for it."""


@dataclass(frozen=True)
class Figure:
    """One measured number, and how to read it."""

    row: str
    what: str
    unit: str
    value: float
    is_better_high: bool = False


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise WrongAnswer(f"{what}: {str(found)[:200]}, but {str(wanted)[:200]} was acknowledged")


def median_ms(question: Callable[[], Any], seconds: float, at_least: int = 5) -> float:
    """The median time of a question that is asked again and again."""
    costs: list[float] = []
    deadline = time.perf_counter() + seconds
    while len(costs) < at_least or (time.perf_counter() < deadline and len(costs) < 500):
        began = time.perf_counter()
        question()
        costs.append(time.perf_counter() - began)
    return statistics.median(costs) * 1000
