"""Charts: what the store says about many series, drawn."""

import hashlib
from collections.abc import Sequence

from msgspec import Struct

from millpond.domain.charts import Frame, Line, SeriesName, draw, empty_line
from millpond.store.contract import Reader, SeriesState
from millpond.tracking.reads import LONG_SERIES


class Chart(Struct, frozen=True):
    """What a chart is made of, known before any point is read.

    fingerprint: the same only as long as the answer is the same. log_end: where the points that
    came later begin.
    """

    names: Sequence[SeriesName]
    frame: Frame
    states: Sequence[SeriesState]
    fingerprint: str
    log_end: int


def prepare(reader: Reader, names: Sequence[SeriesName], frame: Frame, form: str) -> Chart:
    """Look at the versions of all series; form: whatever else the answer depends on."""
    states = reader.series_states(names)
    versions = [(state.run_start_ms, state.version) for state in states]
    asked = repr((form, frame, names, versions))
    told = hashlib.blake2b(asked.encode("utf-8", "surrogatepass"), digest_size=16)
    return Chart(names, frame, states, told.hexdigest(), reader.log_end())


def draw_lines(reader: Reader, chart: Chart) -> list[Line]:
    """The line of each series, in order."""
    lines = [
        empty_line(name, _missing(state))
        for name, state in zip(chart.names, chart.states, strict=True)
    ]
    small = [place for place, state in enumerate(chart.states) if 0 < state.points <= LONG_SERIES]
    for found, series in reader.each_series([chart.names[place] for place in small]):
        place = small[found]
        start_ms = chart.states[place].run_start_ms or 0
        lines[place] = draw(chart.names[place], series, start_ms, chart.frame)
    for place, state in enumerate(chart.states):
        if state.points > LONG_SERIES:
            lines[place] = reader.line(chart.names[place], chart.frame)
    return lines


def _missing(state: SeriesState) -> str | None:
    if state.run_start_ms is None:
        return "run"
    return None if state.version else "metric"
