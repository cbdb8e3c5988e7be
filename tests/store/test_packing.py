"""Points become bytes and come back the same to the last bit."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.store.points.packing import PackedPoint, concatenate, count, pack, unpack

int64 = st.integers(-(2**63), 2**63 - 1)
uint32 = st.integers(0, 2**32 - 1)
points = st.lists(
    st.builds(PackedPoint, uint32, uint32, int64, int64, st.floats(allow_nan=True)), max_size=30
)


def packed(found):
    names = ("key_id", "context_id", "step", "timestamp", "value")
    return pack(*([getattr(point, name) for point in found] for name in names))


def bits(found):
    return [
        (p.key_id, p.context_id, p.step, p.timestamp, struct.pack("<d", p.value)) for p in found
    ]


@given(points)
def test_points_come_back_bit_for_bit(found):
    data = packed(found)
    assert bits(unpack(data)) == bits(found)
    assert count(data) == len(found)


@given(st.lists(points, max_size=6))
def test_pieces_put_together_are_the_points_in_order(pieces):
    together = concatenate([packed(piece) for piece in pieces])
    assert bits(unpack(together)) == bits([point for piece in pieces for point in piece])


def test_a_point_takes_32_bytes():
    assert len(packed([PackedPoint(1, 0, 2, 3, math.nan)] * 5)) == 160


def test_the_layout_never_changes():
    # Bytes that are on disks somewhere.
    data = bytes.fromhex("010000000000000002000000000000000300000000000000000000000000f03f")
    assert unpack(data) == [PackedPoint(1, 0, 2, 3, 1.0)]
    assert packed([PackedPoint(1, 0, 2, 3, 1.0)]) == data


@pytest.mark.parametrize("size", [1, 31, 33])
def test_bytes_that_are_cut_off_are_refused(size):
    with pytest.raises(struct.error):
        unpack(bytes(size))
