"""Metric values as SQL keeps them: engines disagree about NaN and the sign of zero."""

import math

PLAIN, NOT_A_NUMBER, NEGATIVE_ZERO = 0, 1, -1


def encode_value(value: float) -> tuple[float, int]:
    """A value as (number, kind): NaN becomes 0 with a mark, and so does -0.0."""
    if math.isnan(value):
        return 0.0, NOT_A_NUMBER
    if value == 0.0 and math.copysign(1.0, value) < 0:
        return 0.0, NEGATIVE_ZERO
    return value, PLAIN


def decode_value(number: float, kind: int) -> float:
    """What ``encode_value`` was given."""
    if kind == PLAIN:
        return float(number)
    return math.nan if kind == NOT_A_NUMBER else -0.0
