"""Points become a segment and come back the same to the last bit, whatever the codec."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.store.points import segments
from millpond.store.points.columns import Columns, by_key, concatenate, of_key
from millpond.store.points.segments import BUNDLE, PCO, PORTABLE, DamagedSegment

int64 = st.integers(-(2**63), 2**63 - 1)
any_bits = st.integers(0, 2**64 - 1)
codecs = pytest.mark.parametrize("codec", [PCO, PORTABLE])


def columns(steps, timestamps, bits, key_id=1, contexts=None):
    return Columns(
        np.full(len(steps), key_id, np.uint32),
        np.array(contexts or [0] * len(steps), np.uint32),
        np.array(steps, np.int64),
        np.array(timestamps, np.int64),
        np.array(bits, np.uint64).view(np.float64),
    )


def of_values(values, key_id=1):
    bits = np.array(values, np.float64).view(np.uint64).tolist()
    return columns(range(len(values)), range(len(values)), bits, key_id)


def rows(points):
    return list(
        zip(
            points.key_ids.tolist(),
            points.context_ids.tolist(),
            points.steps.tolist(),
            points.timestamps.tolist(),
            points.values.view(np.uint64).tolist(),
            strict=True,
        )
    )


def read(segment):
    return segments.decode(segment.data, segment.codec, segment.checksum)


@codecs
@given(points=st.lists(st.tuples(int64, int64, any_bits, st.integers(0, 3)), min_size=1))
def test_points_come_back_bit_for_bit(codec, points):
    steps, timestamps, bits, contexts = (list(column) for column in zip(*points, strict=True))
    given_points = columns(steps, timestamps, bits, 7, contexts)
    assert rows(read(segments.encode([given_points], False, codec))) == rows(given_points)


@codecs
def test_the_extremes_of_int64_side_by_side_come_back(codec):
    low, high = -(2**63), 2**63 - 1
    points = columns([low, high, low, 0, high], [high, low, high, low, 0], [0] * 5)
    assert rows(read(segments.encode([points], False, codec))) == rows(points)


@codecs
@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 5_000])
def test_segments_of_any_length_come_back(codec, size):
    points = of_values(np.random.default_rng(size).normal(size=size))
    assert rows(read(segments.encode([points], False, codec))) == rows(points)


@codecs
def test_a_bundle_gives_each_series_back(codec):
    series = [of_values(np.arange(size) / 3, key_id) for key_id, size in ((2, 5), (9, 1), (11, 3))]
    segment = segments.encode(series, is_bundle=True, codec=codec)
    assert segment.key_id == BUNDLE
    assert rows(read(segment)) == rows(concatenate(series))
    assert {k: rows(s) for k, s in by_key(read(segment)).items()} == {
        2: rows(series[0]),
        9: rows(series[1]),
        11: rows(series[2]),
    }
    assert rows(of_key(read(segment), 9)) == rows(series[1])


@pytest.mark.parametrize("key_id", [1, 3, 2**32 - 1])
def test_a_bundle_has_nothing_of_a_series_that_is_not_in_it(key_id):
    segment = segments.encode([of_values([1.0], 2)], is_bundle=True)
    assert len(of_key(read(segment), key_id)) == 0


def test_the_header_says_what_is_inside():
    points = columns([3, 5, 9], [40, 10, 20], np.array([2.0, -1.0, 7.0]).view(np.uint64), key_id=4)
    found = segments.encode([points], is_bundle=False)
    assert (found.key_id, found.points) == (4, 3)
    assert (found.step_min, found.step_max) == (3, 9)
    assert (found.timestamp_min, found.timestamp_max) == (10, 40)
    assert (found.value_first, found.value_last, found.value_min, found.value_max) == (2, 7, -1, 7)


def test_the_bounds_of_a_header_are_over_numbers():
    nan = math.nan
    found = segments.encode([of_values([nan, -math.inf, 1.0, nan])], is_bundle=False)
    assert (found.value_min, found.value_max) == (-math.inf, 1.0)
    empty = segments.encode([of_values([nan, nan])], is_bundle=False)
    assert (empty.value_min, empty.value_max) == (None, None)


@codecs
def test_every_flipped_bit_is_noticed(codec):
    segment = segments.encode([of_values([0.1, 0.2, 0.4])], False, codec)
    for place in range(len(segment.data)):
        for bit in range(8):
            data = bytearray(segment.data)
            data[place] ^= 1 << bit
            with pytest.raises(DamagedSegment, match="checksum"):
                segments.decode(bytes(data), segment.codec, segment.checksum)


@codecs
def test_bytes_that_are_cut_off_are_noticed(codec):
    segment = segments.encode([of_values([0.1, 0.2, 0.4])], False, codec)
    for size in range(len(segment.data)):
        with pytest.raises(DamagedSegment):
            segments.decode(segment.data[:size], segment.codec, segment.checksum)


def test_a_codec_of_a_later_version_is_named():
    segment = segments.encode([of_values([0.1])], is_bundle=False)
    with pytest.raises(DamagedSegment, match="codec 77"):
        segments.decode(segment.data, 77, segment.checksum)


@codecs
def test_what_training_logs_takes_a_few_bytes_a_point(codec):
    chance = np.random.default_rng(1)
    size = 30_000
    loss = np.exp(-np.arange(size) / 9_000) + chance.normal(0, 0.02, size)
    points = Columns(
        np.full(size, 1, np.uint32),
        np.zeros(size, np.uint32),
        np.arange(size),
        1_700_000_000_000 + np.cumsum(chance.integers(180, 260, size)),
        loss.astype(np.float32).astype(np.float64),
    )
    assert len(segments.encode([points], False, codec).data) / size < 5
