"""Experiments, through the fluent API and MlflowClient."""

import mlflow
import pytest
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException


def names(experiments):
    return [experiment.name for experiment in experiments]


def test_the_default_experiment_is_there(client):
    default = client.get_experiment("0")
    assert default.name == "Default"
    assert client.get_experiment_by_name("Default").experiment_id == "0"


def test_a_path_like_name_is_kept_and_found(client, unique):
    name = f"/Users/alice@example.com/{unique('churn')}/täglich ✓"
    made = mlflow.create_experiment(name, tags={"team": "Ω", "size": "5"})
    found = mlflow.get_experiment_by_name(name)
    assert (found.experiment_id, found.name) == (made, name)
    assert found.tags["team"] == "Ω"
    assert found.lifecycle_stage == "active"
    assert found.artifact_location.endswith(f"/{made}")
    assert found.creation_time == found.last_update_time > 1_600_000_000_000
    assert mlflow.set_experiment(name).experiment_id == made
    assert client.get_experiment_by_name(unique("nowhere")) is None


def test_an_experiment_may_say_where_its_artifacts_go(client, unique):
    made = client.create_experiment(unique("bucket"), artifact_location="s3://bucket/folder")
    assert client.get_experiment(made).artifact_location == "s3://bucket/folder"
    run = client.create_run(made)
    assert run.info.artifact_uri == f"s3://bucket/folder/{run.info.run_id}/artifacts"


def test_a_name_is_taken_until_the_experiment_is_gone_for_good(client, unique):
    name = unique("twice")
    made = client.create_experiment(name)
    with pytest.raises(MlflowException, match="already exists") as refused:
        client.create_experiment(name)
    assert refused.value.error_code == "RESOURCE_ALREADY_EXISTS"
    client.delete_experiment(made)
    with pytest.raises(MlflowException, match="already exists"):
        client.create_experiment(name)
    with pytest.raises(MlflowException, match="Cannot set a deleted experiment"):
        mlflow.set_experiment(name)


def test_an_experiment_is_renamed(client, unique, experiment_id):
    name = unique("renamed")
    client.rename_experiment(experiment_id, name)
    assert client.get_experiment(experiment_id).name == name
    with pytest.raises(MlflowException) as refused:
        client.rename_experiment(experiment_id, "Default")
    assert refused.value.get_http_status_code() == 400


def test_a_deleted_experiment_and_its_runs_come_back_together(client, experiment_id, run_id):
    client.delete_experiment(experiment_id)
    assert client.get_experiment(experiment_id).lifecycle_stage == "deleted"
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    with pytest.raises(MlflowException, match="must be in the 'active' state"):
        client.create_run(experiment_id)
    client.restore_experiment(experiment_id)
    assert client.get_experiment(experiment_id).lifecycle_stage == "active"
    assert client.get_run(run_id).info.lifecycle_stage == "active"


def test_tags_are_set_replaced_and_deleted(client, experiment_id):
    mlflow.set_experiment_tag("mlflow.note.content", "größer\n**bold**")
    mlflow.set_experiment_tags({"a": "1", "b": "2"})
    client.set_experiment_tag(experiment_id, "a", "3")
    tags = client.get_experiment(experiment_id).tags
    assert {key: tags[key] for key in ("a", "b", "mlflow.note.content")} == {
        "a": "3",
        "b": "2",
        "mlflow.note.content": "größer\n**bold**",
    }
    if hasattr(client, "delete_experiment_tag"):
        client.delete_experiment_tag(experiment_id, "a")
        assert "a" not in client.get_experiment(experiment_id).tags


def test_experiments_are_searched_by_name_tag_and_time(client, unique):
    mark = unique("mark").replace(" ", "")
    made = [
        client.create_experiment(f"{mark}/{n}", tags={"mark": mark, "parity": str(n % 2)})
        for n in range(5)
    ]
    client.delete_experiment(made[4])

    def search(filter_string, **more):
        return names(mlflow.search_experiments(filter_string=filter_string, **more))

    by_name = ["name ASC"]
    assert search(f"name = '{mark}/1'") == [f"{mark}/1"]
    assert search(f"name LIKE '{mark}/%'", order_by=by_name) == [f"{mark}/{n}" for n in range(4)]
    assert search(f"name ILIKE '{mark.upper()}/%' AND tags.parity = '1'", order_by=by_name) == [
        f"{mark}/1",
        f"{mark}/3",
    ]
    assert search(f"tags.mark = '{mark}' AND name != '{mark}/0'", order_by=["name DESC"]) == [
        f"{mark}/{n}" for n in (3, 2, 1)
    ]
    assert search(f"tags.mark = '{mark}'", view_type=ViewType.DELETED_ONLY) == [f"{mark}/4"]
    assert len(search(f"tags.mark = '{mark}'", view_type=ViewType.ALL)) == 5
    since = client.get_experiment(made[0]).creation_time
    found = search(
        f"creation_time >= {since} AND tags.mark = '{mark}'", order_by=["creation_time ASC"]
    )
    assert len(found) == 4
    # The superset: OR, parentheses, IN.
    assert search(f"name = '{mark}/0' OR name = '{mark}/2'", order_by=by_name) == [
        f"{mark}/0",
        f"{mark}/2",
    ]


def test_experiments_come_in_pages(client, unique):
    mark = unique("page").replace(" ", "")
    for n in range(5):
        client.create_experiment(f"{mark}/{n}")
    found, token = [], None
    for size in (2, 2, 1):
        page = client.search_experiments(
            filter_string=f"name LIKE '{mark}/%'",
            order_by=["name ASC"],
            max_results=2,
            page_token=token,
        )
        assert len(page) == size
        found += names(page)
        token = page.token
    assert found == [f"{mark}/{n}" for n in range(5)]
    assert not token


@pytest.mark.parametrize("bad", ["name ~ 'x'", "colour = 'red'", "name = "])
def test_a_bad_filter_is_refused_with_a_reason(client, bad):
    with pytest.raises(MlflowException) as refused:
        client.search_experiments(filter_string=bad)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"
