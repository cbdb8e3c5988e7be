"""Charts: what the store says about many series, drawn."""

import hashlib
from collections.abc import Sequence

from msgspec import Struct

from millpond.domain.charts import ChartAxis, Frame, Line, SeriesName, draw, empty_line
from millpond.store.contract import Reader, SeriesState

# A series with more points is read only where it is drawn, and some way beyond.
_READ_WHOLE = 1_000_000
_INT64_MIN, _INT64_MAX = -(1 << 63), (1 << 63) - 1


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
    # Those to read whole, and those of which a range will do.
    large = [place for place, state in enumerate(chart.states) if state.points > _READ_WHOLE]
    small = [place for place, state in enumerate(chart.states) if 0 < state.points <= _READ_WHOLE]
    for places, steps in ((small, (None, None)), (large, _steps_to_read(chart.frame))):
        for found, series in reader.each_series([chart.names[place] for place in places], *steps):
            place = places[found]
            start_ms = chart.states[place].run_start_ms or 0
            lines[place] = draw(chart.names[place], series, start_ms, chart.frame)
    return lines


def _missing(state: SeriesState) -> str | None:
    if state.run_start_ms is None:
        return "run"
    return None if state.version else "metric"


def _steps_to_read(frame: Frame) -> tuple[int | None, int | None]:
    """The range of x and its own length on either side: the neighbours are there, or far away."""
    if frame.axis is not ChartAxis.STEP or frame.x_min is None or frame.x_max is None:
        return None, None
    margin = frame.x_max - frame.x_min + 1
    return max(_INT64_MIN, frame.x_min - margin), min(_INT64_MAX, frame.x_max + margin)
