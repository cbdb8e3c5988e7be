"""search_runs: every entity, every operator, order and pages, as runs and as a pandas frame."""

import mlflow
import pandas as pd
import pytest
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException

RATES = ["0.1", "0.5", "1.0", "0.50", "fast", "10"]


@pytest.fixture(scope="module")
def sweep():
    """An experiment with six runs, r0 to r5: id, and run ids by name."""
    experiment_id = mlflow.create_experiment(f"sweep {pd.Timestamp.now().isoformat()}")
    client = mlflow.MlflowClient()
    ids = {}
    for n, rate in enumerate(RATES):
        run = client.create_run(experiment_id, start_time=1000 + n, run_name=f"r{n}")
        ids[f"r{n}"] = run_id = run.info.run_id
        client.log_param(run_id, "rate", rate)
        client.log_param(run_id, "my model", f"Größe {n}")
        client.log_metric(run_id, "loss", [3, 1, float("nan"), 2, 5, 4][n])
        client.log_metric(run_id, "val/acc", n / 10)
        client.set_tag(run_id, "size", str(n))
        client.set_tag(run_id, "Team", "Ålesund" if n % 2 else "aLPHA_1")
        if n < 2:
            client.set_tag(run_id, "rare", "yes")
            frame = pd.DataFrame({"x": [n], "y": [n]})
            data = mlflow.data.from_pandas(frame, source=f"/data/{n}", name=f"data {n}")
            client.log_inputs(
                run_id,
                [
                    mlflow.entities.DatasetInput(
                        data._to_mlflow_entity(),
                        [mlflow.entities.InputTag("mlflow.data.context", f"context {n}")],
                    )
                ],
            )
        if n != 5:
            client.set_terminated(run_id, "FAILED" if n == 4 else "FINISHED", end_time=2000 + n)
    return experiment_id, ids


FILTERS = {
    "metrics.loss < 3": "r1 r3",
    "metrics.loss >= 3 AND metrics.loss <= 4": "r0 r5",
    "metric.loss = 5": "r4",
    "metrics.loss != 5": "r0 r1 r2 r3 r5",
    'metrics."val/acc" > 0.35': "r4 r5",
    "metrics.`val/acc` <= .1": "r0 r1",
    "params.rate = '0.5'": "r1",
    "params.rate != '0.5'": "r0 r2 r3 r4 r5",
    "params.rate LIKE '0.5%'": "r1 r3",
    "params.rate ILIKE 'FAST'": "r4",
    "params.rate LIKE 'FAST'": "",
    "parameter.`my model` = 'Größe 3'": "r3",
    "params.\"my model\" ILIKE 'grÖße%'": "r0 r1 r2 r3 r4 r5",
    "tags.rare = 'yes'": "r0 r1",
    "tags.rare IS NULL": "r2 r3 r4 r5",
    "tags.rare IS NOT NULL": "r0 r1",
    "tags.Team LIKE '%\\_1'": None,  # no escape in the grammar: any answer but an error
    "tag.Team = 'Ålesund'": "r1 r3 r5",
    "tags.Team ILIKE 'ålesund'": "r1 r3 r5",
    "tags.mlflow.runName = 'r2'": "r2",
    "attributes.status = 'FINISHED'": "r0 r1 r2 r3",
    "status != 'FINISHED'": "r4 r5",
    "attributes.run_name LIKE 'r_'": "r0 r1 r2 r3 r4 r5",
    "run_name = 'r0'": "r0",
    "attributes.`run name` = 'r0'": "r0",
    "attributes.start_time > 1003": "r4 r5",
    "start_time >= 1001 and end_time < 2003": "r1 r2",
    "datasets.name = 'data 1'": "r1",
    "dataset.name LIKE 'data%'": "r0 r1",
    "datasets.name IN ('data 0', 'data 7')": "r0",
    "datasets.context = 'context 1'": "r1",
    "attributes.status = 'FINISHED' AND params.rate = '0.1' AND metrics.loss > 2": "r0",
    # What MLflow refuses, and Databricks' documentation shows.
    "params.rate = 0.5": "r1",  # equal as it was logged; ranges compare numbers
    "params.rate > 0.5": "r2 r5",
    "tags.size=5": "r5",
    "tags.size >= 4": "r4 r5",
    "metrics.loss = 1 OR metrics.loss = 2": "r1 r3",
    "(metrics.loss = 1 OR metrics.loss = 2) AND params.rate = '0.50'": "r3",
    "NOT status = 'FINISHED'": "r4 r5",
    "NOT (tags.size = '0' OR tags.size = '1')": "r2 r3 r4 r5",
    "metrics.loss BETWEEN 2 AND 4": "r0 r3 r5",
    "params.rate IN ('0.1', 'fast')": "r0 r4",
    "tags.size NOT IN ('0', '1', '2')": "r3 r4 r5",
    "metrics.loss IN (1, 2)": "r1 r3",
    "status IN ('FAILED', 'RUNNING')": "r4 r5",
    "params.missing IS NULL AND tags.size BETWEEN 1 AND 2": "r1 r2",
}


@pytest.mark.parametrize(("filter_string", "expected"), FILTERS.items())
def test_a_filter_finds_its_runs(client, sweep, filter_string, expected):
    found = client.search_runs([sweep[0]], filter_string)
    if expected is not None:
        assert sorted(run.info.run_name for run in found) == expected.split()


def test_run_ids_can_be_listed(client, sweep):
    experiment_id, ids = sweep
    listed = f"('{ids['r1']}', '{ids['r4']}')"
    found = client.search_runs([experiment_id], f"attributes.run_id IN {listed}")
    assert sorted(run.info.run_name for run in found) == ["r1", "r4"]
    found = client.search_runs([experiment_id], f"run_id NOT IN {listed}")
    assert sorted(run.info.run_name for run in found) == ["r0", "r2", "r3", "r5"]


ORDERS = {
    (): "r5 r4 r3 r2 r1 r0",
    ("start_time ASC",): "r0 r1 r2 r3 r4 r5",
    ("attributes.run_name DESC",): "r5 r4 r3 r2 r1 r0",
    ("metrics.loss",): "r1 r3 r0 r5 r4 r2",  # NaN after the numbers
    ("metrics.loss DESC",): "r4 r5 r0 r3 r1 r2",
    ('metrics."val/acc" ASC',): "r0 r1 r2 r3 r4 r5",
    ("params.rate ASC",): "r0 r1 r3 r2 r5 r4",
    ("tags.rare ASC", "start_time ASC"): "r0 r1 r2 r3 r4 r5",  # the missing come last
    ("tags.rare DESC", "start_time ASC"): "r0 r1 r2 r3 r4 r5",
    ("tags.Team DESC", "metrics.loss ASC"): "r1 r3 r5 r0 r4 r2",
    ("attributes.status", "attributes.start_time DESC"): "r4 r3 r2 r1 r0 r5",
    ("end_time DESC",): "r4 r3 r2 r1 r0 r5",
}


@pytest.mark.parametrize(("order_by", "expected"), ORDERS.items())
def test_runs_come_in_the_order_asked_for(client, sweep, order_by, expected):
    found = client.search_runs([sweep[0]], order_by=list(order_by))
    assert [run.info.run_name for run in found] == expected.split()


@pytest.mark.parametrize("order_by", [[], ["metrics.loss DESC"], ["tags.rare"]])
def test_three_pages_together_are_the_whole_answer(client, sweep, order_by):
    whole = [run.info.run_id for run in client.search_runs([sweep[0]], order_by=order_by)]
    found, token = [], None
    for _ in range(3):
        page = client.search_runs([sweep[0]], order_by=order_by, max_results=2, page_token=token)
        assert len(page) == 2
        found += [run.info.run_id for run in page]
        token = page.token
    assert found == whole
    assert not token


def test_search_runs_gives_a_frame(sweep):
    frame = mlflow.search_runs(
        [sweep[0]], filter_string="metrics.`val/acc` < 0.25", order_by=["start_time ASC"]
    )
    assert list(frame["tags.mlflow.runName"]) == ["r0", "r1", "r2"]
    assert list(frame["params.rate"]) == ["0.1", "0.5", "1.0"]
    assert list(frame["metrics.val/acc"]) == [0, 0.1, 0.2]
    assert frame["metrics.loss"].isna().tolist() == [False, False, True]
    assert list(frame["tags.rare"])[:2] == ["yes", "yes"]
    assert frame["tags.rare"].isna().tolist() == [False, False, True]
    assert list(frame["status"]) == ["FINISHED"] * 3
    assert frame["start_time"].dt.tz is not None
    assert frame["end_time"][0] == pd.Timestamp(2000, unit="ms", tz="UTC")
    as_list = mlflow.search_runs([sweep[0]], output_format="list", max_results=4)
    assert len(as_list) == 4
    assert mlflow.search_runs([sweep[0]], filter_string="params.rate = 'none'").empty


def test_a_frame_of_more_runs_than_a_page_is_whole(client, experiment_id):
    for _ in range(1100):  # the client asks for 1000 at a time
        client.create_run(experiment_id)
    frame = mlflow.search_runs([experiment_id])
    assert len(frame) == frame["run_id"].nunique() == 1100


def test_several_experiments_are_searched_at_once(client, sweep, experiment_id, run_id):
    found = client.search_runs([sweep[0], experiment_id], max_results=50)
    assert len(found) == 7
    by_name = mlflow.search_runs(experiment_names=[client.get_experiment(experiment_id).name])
    assert list(by_name["run_id"]) == [run_id]


def test_view_types_tell_deleted_runs_from_active_ones(client, experiment_id):
    kept, deleted = (client.create_run(experiment_id).info.run_id for _ in range(2))
    client.delete_run(deleted)

    def ids(view):
        return {run.info.run_id for run in client.search_runs([experiment_id], "", view)}

    assert ids(ViewType.ACTIVE_ONLY) == {kept}
    assert ids(ViewType.DELETED_ONLY) == {deleted}
    assert ids(ViewType.ALL) == {kept, deleted}


@pytest.mark.parametrize(
    "bad",
    [
        "params.rate ==",
        "metrics.loss = 'x'",
        "colour.x = '1'",
        "params.rate = '0.5",
        "AND",
        "a b c",
    ],
)
def test_a_bad_filter_is_refused_with_a_reason(client, sweep, bad):
    with pytest.raises(MlflowException) as refused:
        client.search_runs([sweep[0]], bad)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"
    with pytest.raises(MlflowException):
        client.search_runs([sweep[0]], order_by=["colour foo"])
