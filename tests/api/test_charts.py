"""Charts over the native API: both forms, both ways to ask, and what is known already."""

import json
import math

import numpy as np
import pytest

from tests.asgi import call
from tests.columns import MEDIA_TYPE, Columns

BINARY = {"content-type": "application/json", "accept": MEDIA_TYPE}


def post(server, path, headers=None, **body):
    return call(server.app, "POST", path, json.dumps(body).encode(), headers)


def start_run(server, start_time=1_000):
    answer = post(server, "/api/2.0/mlflow/runs/create", experiment_id="0", start_time=start_time)
    return answer.json["run"]["info"]["run_id"]


def log(server, run_id, points, key="loss"):
    metrics = [{"key": key, "value": v, "timestamp": t, "step": s} for s, t, v in points]
    for start in range(0, len(metrics), 1_000):
        part = metrics[start : start + 1_000]
        answer = post(server, "/api/2.0/mlflow/runs/log-batch", run_id=run_id, metrics=part)
        assert answer.status == 200, answer.body


@pytest.fixture
def run(server):
    run_id = start_run(server)
    log(server, run_id, [(step, 1_000 + 10 * step, step / 4) for step in range(40)])
    return run_id


def test_the_answer_in_json_tells_everything(server, run):
    body = {"series": [{"run_id": run, "key": "loss"}], "width": 2, "x_min": 10, "x_max": 29}
    answer = post(server, "/api/v1/charts", **body)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json == {
        "x": "step",
        "x_min": 10,
        "x_max": 29,
        "width": 2,
        "series": [
            {
                "run_id": run,
                "key": "loss",
                "missing": None,
                "points": 20,
                "min": 2.5,
                "max": 7.25,
                "first": {"x": 10, "value": 2.5},
                "last": {"x": 29, "value": 7.25},
                "x": [9, 10, 19, 20, 29, 30],
                "values": [2.25, 2.5, 4.75, 5.0, 7.25, 7.5],
            }
        ],
    }


def test_the_answer_in_bytes_says_the_same(server, run):
    other = start_run(server)
    log(server, other, [(0, 1, "NaN"), (1, 2, "Infinity"), (2**60, 3, 1.5)])
    body = {"run_ids": [run, other, "nobody"], "keys": ["loss", "acc"], "width": 5}
    told = post(server, "/api/v1/charts", **body).json
    answer = post(server, "/api/v1/charts", BINARY, **body)
    assert answer.headers["content-type"] == MEDIA_TYPE
    columns = Columns(answer.body)
    assert {k: columns.header[k] for k in ("x", "width")} == {"x": "step", "width": 5}
    assert [s["missing"] for s in told["series"]] == [None, "metric", None, "metric", "run", "run"]
    for place, series in enumerate(told["series"]):
        xs, values = columns.line(columns.header["series"][place])
        assert xs.tolist() == series["x"]
        numbers = [float(value) for value in series["values"]]
        assert repr(values.tolist()) == repr(numbers)
        summary = dict(columns.header["series"][place])
        del summary["start"], summary["length"]
        assert summary == {k: v for k, v in series.items() if k not in ("x", "values")}


def test_x_is_float64_wherever_that_is_exact(server, run):
    answer = post(server, "/api/v1/charts", BINARY, run_ids=[run], keys=["loss"])
    assert Columns(answer.body).header["columns"]["x"]["type"] == "float64"


def test_values_come_as_float32_on_request(server, run):
    answer = post(server, "/api/v1/charts", BINARY, run_ids=[run], keys=["loss"], values="float32")
    columns = Columns(answer.body)
    _, values = columns.line(columns.header["series"][0])
    assert values.dtype == np.float32
    assert values[-1] == 39 / 4


def test_the_url_form_asks_the_same_question(server, run):
    by_body = post(server, "/api/v1/charts", run_ids=[run], keys=["loss", "acc"], width=7)
    by_url = call(server.app, "GET", f"/api/v1/charts?run_id={run}&key=loss&key=acc&width=7")
    assert by_url.json == by_body.json
    pairs = f"series={run}:loss&series={run}:acc"
    assert call(server.app, "GET", f"/api/v1/charts?{pairs}&width=7").json == by_body.json


@pytest.mark.parametrize(
    ("x", "first", "last"), [("step", 0, 39), ("time", 1_000, 1_390), ("relative_time", 0, 390)]
)
def test_x_is_the_step_the_time_or_the_time_since_the_start(server, run, x, first, last):
    (series,) = post(server, "/api/v1/charts", run_ids=[run], keys=["loss"], x=x).json["series"]
    assert (series["first"]["x"], series["last"]["x"]) == (first, last)


def test_what_is_known_already_is_answered_304_until_a_point_comes(server, run):
    url = f"/api/v1/charts?run_id={run}&key=loss"
    first = call(server.app, "GET", url)
    etag = first.headers["etag"]
    again = call(server.app, "GET", url, headers={"if-none-match": f'"other", W/{etag}'})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
    by_body = post(
        server,
        "/api/v1/charts",
        {"content-type": "application/json", "if-none-match": etag},
        run_ids=[run],
        keys=["loss"],
    )
    assert by_body.status == 304
    log(server, run, [(1, 1, 1.0)], key="other metric")
    assert call(server.app, "GET", url, headers={"if-none-match": etag}).status == 304
    log(server, run, [(5, 5, 2.0)])
    assert call(server.app, "GET", url, headers={"if-none-match": etag}).status == 200


@pytest.mark.parametrize("change", ["&width=9", "&x=time", "&values=float32", "&x_min=1", "&key=b"])
def test_another_question_has_another_etag(server, run, change):
    url = f"/api/v1/charts?run_id={run}&key=loss"
    etag = call(server.app, "GET", url).headers["etag"]
    assert call(server.app, "GET", url + change).headers["etag"] != etag
    binary = call(server.app, "GET", url, headers={"accept": MEDIA_TYPE})
    assert binary.headers["etag"] != etag


def test_no_points_are_read_for_a_304(server, run, monkeypatch):
    url = f"/api/v1/charts?run_id={run}&key=loss"
    etag = call(server.app, "GET", url).headers["etag"]
    monkeypatch.setattr("millpond.api.charts.draw_lines", None)
    assert call(server.app, "GET", url, headers={"if-none-match": etag}).status == 304


def test_every_spike_of_a_long_series_is_drawn(server):
    run_id = start_run(server)
    rng = np.random.default_rng(7)
    values = rng.normal(size=5_000)
    values[[17, 3_333]] = 1e6, -1e6
    log(server, run_id, [(step, step, float(value)) for step, value in enumerate(values)])
    (series,) = post(server, "/api/v1/charts", run_ids=[run_id], keys=["loss"], width=50).json[
        "series"
    ]
    assert len(series["x"]) <= 5 * 50
    assert (17, 1e6) in zip(series["x"], series["values"], strict=True)
    assert (3_333, -1e6) in zip(series["x"], series["values"], strict=True)
    assert (series["min"], series["max"]) == (-1e6, 1e6)


GOOD = {"run_ids": ["r"], "keys": ["loss"]}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "names 0 series"),
        ({"run_ids": ["r"]}, "no keys"),
        ({"keys": ["r"]}, "no run_ids"),
        ({"run_ids": ["r"] * 1_001, "keys": ["m"]}, "1001 series"),
        ({**GOOD, "width": 0}, "width is 0"),
        ({**GOOD, "width": 16_385}, "width is 16385"),
        ({**GOOD, "width": "wide"}, "width"),
        ({**GOOD, "x": "epoch"}, "epoch"),
        ({**GOOD, "x_min": 2, "x_max": 1}, "range of x is empty"),
        ({**GOOD, "x_min": 2**63}, "x_min"),
        ({**GOOD, "x_min": 0.5}, "x_min"),
        ({**GOOD, "values": "float16"}, "float16"),
        ({**GOOD, "key": "loss"}, "key"),
        ({"series": [{"run_id": "r"}]}, "key"),
    ],
)
def test_a_bad_question_is_refused_by_what_is_wrong(server, body, words):
    answer = post(server, "/api/v1/charts", **body)
    assert (answer.status, answer.json["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert words in answer.json["message"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "run_id=r",
        "series=r",
        "run_id=r&key=m&width=x",
        "run_id=r&key=m&x_min=99999999999999999999",
    ],
)
def test_a_bad_url_is_refused(server, query):
    answer = call(server.app, "GET", f"/api/v1/charts?{query}")
    assert (answer.status, answer.json["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("cursor", ["x", "WzAsWzFdXQ==", "%F0%9F%90%9F"])
def test_a_cursor_that_no_server_gave_is_refused(server, cursor):
    answer = call(server.app, "GET", f"/api/v1/charts/live?run_id=r&key=m&cursor={cursor}")
    assert (answer.status, answer.json["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_nan_and_infinities_are_texts_in_json(server):
    run_id = start_run(server)
    log(server, run_id, [(0, 1, "NaN"), (1, 2, "Infinity"), (2, 3, "-Infinity")])
    (series,) = post(server, "/api/v1/charts", run_ids=[run_id], keys=["loss"]).json["series"]
    assert series["values"] == ["NaN", "Infinity", "-Infinity"]
    assert (series["min"], series["max"], series["first"]["value"]) == (
        "-Infinity",
        "Infinity",
        "NaN",
    )
    assert math.isnan(float(series["values"][0]))
