"""How requests are read: strictly and fast where that will do, kindly where it will not."""

import contextlib
import json
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.domain.runs import RunStatus
from millpond.errors import InvalidParameter
from millpond.wire import experiments, metrics, models, runs
from millpond.wire import messages as wire
from millpond.wire.messages import decode, decode_query
from tests.wire.requests import MESSAGES, bodies


@pytest.mark.parametrize("message_type", MESSAGES, ids=lambda m: m.__name__)
@given(data=st.data())
def test_what_the_fast_way_takes_the_long_way_reads_the_same(message_type, data):
    body = json.dumps(data.draw(bodies(message_type))).encode()
    try:
        fast = msgspec.json.Decoder(message_type).decode(body)
    except msgspec.MsgspecError:
        return
    if any(getattr(fast, name) in (None, "") for name in message_type.required):
        return
    if b"\\u0000" in body:
        return
    assert decode(message_type, body) == fast
    assert wire._decode_leniently(message_type, body) == fast


@pytest.mark.parametrize("message_type", MESSAGES, ids=lambda m: m.__name__)
@given(body=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(message_type, body):
    with contextlib.suppress(InvalidParameter):
        decode(message_type, body)


def test_every_kindness_of_the_protobuf_parser_is_there():
    message = decode(
        metrics.LogMetric,
        b'{"runId": "r", "key": "k", "value": "-Infinity", "timestamp": "5", "step": 7.0,'
        b' "modelId": null, "unknown": {"a": [1]}}',
    )
    assert (message.run_id, message.key, message.timestamp, message.step) == ("r", "k", 5, 7)
    assert message.value == -math.inf
    assert message.model_id == ""


@pytest.mark.parametrize(
    ("written", "meant"),
    [("5", 5), ('"5"', 5), ("5.0", 5), ('"5.0"', 5), ("1e3", 1000), ('"-0"', 0)],
)
def test_an_integer_may_be_written_in_many_ways(written, meant):
    body = f'{{"experiment_id": "1", "start_time": {written}}}'
    assert decode(runs.CreateRun, body.encode()).start_time == meant


@pytest.mark.parametrize(
    "written",
    [
        *("1.5", '"1.5"', "true", "[]", "{}", '""', '" 5"', '"1_0"', '"٣"', "1e19", "1e999"),
        *("9223372036854775808", '"-9223372036854775809"', "9" * 5000),
    ],
)
def test_what_is_no_integer_is_refused(written):
    body = f'{{"experiment_id": "1", "start_time": {written}}}'
    with pytest.raises(InvalidParameter):
        decode(runs.CreateRun, body.encode())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1", 1.0),
        ('"1e3"', 1000.0),
        ('"NaN"', math.nan),
        ("NaN", math.nan),
        ("-Infinity", -math.inf),
    ],
)
def test_a_double_may_be_written_in_many_ways(written, meant):
    body = f'{{"run_id": "r", "key": "k", "value": {written}, "timestamp": 1}}'
    value = decode(metrics.LogMetric, body.encode()).value
    assert value == meant or (math.isnan(value) and math.isnan(meant))


@pytest.mark.parametrize("written", ['"nan"', '"1e400"', "true", "1" + "0" * 400, '"0x10"', "[]"])
def test_what_is_no_double_is_refused(written):
    body = f'{{"run_id": "r", "key": "k", "value": {written}, "timestamp": 1}}'
    with pytest.raises(InvalidParameter, match="parameter 'value'"):
        decode(metrics.LogMetric, body.encode())


@pytest.mark.parametrize("written", ['"FAILED"', "4", '"4"', "4.0"])
def test_an_enum_goes_by_name_and_by_number(written):
    body = f'{{"run_id": "r", "status": {written}}}'
    assert decode(runs.UpdateRun, body.encode()).status is RunStatus.FAILED


def test_a_name_that_an_enum_does_not_have_is_not_given():
    assert decode(runs.UpdateRun, b'{"run_id": "r", "status": "NOPE"}').status is None


def test_a_name_that_a_required_enum_does_not_have_is_refused():
    with pytest.raises(InvalidParameter, match="Invalid value \"NOPE\" for parameter 'status'"):
        decode(models.FinalizeLoggedModel, b'{"model_id": "m", "status": "NOPE"}')


def test_the_error_names_the_place_in_a_nested_list():
    body = b'{"run_id": "r", "datasets": [{"dataset": {"name": "n", "digest": 5}}]}'
    with pytest.raises(InvalidParameter, match=r"'datasets\[0\]\.dataset\.digest'"):
        decode(runs.LogInputs, body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "\xff"}',
        b'\xef\xbb\xbf{"name": "bom"}',
        '{"name": "x"}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'"' + b'\\"' * 1000,
        b"{'name': 'x'}",
        b'{"name": "x",}',
    ],
)
def test_what_is_not_json_is_refused_or_read_but_never_an_accident(body):
    with contextlib.suppress(InvalidParameter):
        decode(experiments.CreateExperiment, body)


def test_a_message_may_be_encoded_twice():
    body = json.dumps(json.dumps({"name": "x"})).encode()
    assert decode(experiments.CreateExperiment, body).name == "x"


def test_a_query_repeats_a_field_for_a_list_and_its_first_value_counts_elsewhere():
    message = decode_query(
        metrics.GetMetricHistoryBulkInterval,
        b"run_ids=a&run_ids=b%20c&metric_key=m&metric_key=n&max_results=7",
    )
    assert (message.run_ids, message.metric_key, message.max_results) == (["a", "b c"], "m", 7)


def test_an_empty_number_in_a_query_is_not_given():
    message = decode_query(metrics.GetMetricHistory, b"run_id=r&metric_key=m&max_results=")
    assert message.max_results is None


@pytest.mark.parametrize(("written", "meant"), [(b"true", True), (b"FALSE", False), (b"", False)])
def test_a_boolean_in_a_query_is_a_word(written, meant):
    message = decode_query(models.GetLoggedModel, b"allow_deleted=" + written)
    assert message.allow_deleted is meant


def test_another_word_is_no_boolean():
    with pytest.raises(InvalidParameter, match="must be 'true' or 'false'"):
        decode_query(models.GetLoggedModel, b"allow_deleted=1")
