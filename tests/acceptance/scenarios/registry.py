"""The model registry: models registered, found, moved, loaded and copied."""

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LinearRegression

IS_MLFLOW3 = int(mlflow.__version__.split(".")[0]) >= 3
X = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [0.0, 1.0, 0.0, 1.0]})


@pytest.fixture
def name(unique):
    return unique("churn")


def model(slope):
    """A model whose predictions tell which one it is."""
    fitted = LinearRegression()
    fitted.coef_, fitted.intercept_ = np.array([slope, 0.0]), 0.0
    fitted.n_features_in_, fitted.feature_names_in_ = 2, np.array(["a", "b"], object)
    return fitted


def log(slope, **more):
    more |= {"name": "model"} if IS_MLFLOW3 else {"artifact_path": "model"}
    with mlflow.start_run() as run:
        logged = mlflow.sklearn.log_model(
            model(slope), pip_requirements=["scikit-learn"], input_example=X.head(1), **more
        )
    return run, logged


def slope_of(uri):
    return mlflow.pyfunc.load_model(uri).predict(X)[0]


def test_log_model_registers_version_1_and_then_the_next(client, name):
    for slope in (1.0, 2.0, 3.0):
        run, logged = log(slope, registered_model_name=name)
        assert int(logged.registered_model_version) == slope
        version = client.get_model_version(name, str(int(slope)))
        assert (version.run_id, version.status) == (run.info.run_id, "READY")
        assert (version.current_stage, version.aliases) == ("None", [])
        assert slope_of(f"models:/{name}/{int(slope)}") == slope
    assert slope_of(f"models:/{name}/latest") == 3.0
    versions = client.search_model_versions(f"name = '{name}'")
    assert [v.version for v in versions] in ([3, 2, 1], ["3", "2", "1"])


def test_a_run_s_model_is_registered_and_loaded_by_number_alias_and_stage(client, name):
    for slope in (1.0, 2.0):
        run, _ = log(slope)
        mlflow.register_model(f"runs:/{run.info.run_id}/model", name, tags={"slope": str(slope)})
    client.set_registered_model_alias(name, "champion", "1")
    client.transition_model_version_stage(name, "2", "Production")
    assert slope_of(f"models:/{name}/2") == 2.0
    assert slope_of(f"models:/{name}@champion") == 1.0
    assert slope_of(f"models:/{name}/Production") == 2.0
    assert mlflow.sklearn.load_model(f"models:/{name}@champion").coef_[0] == 1.0
    version = client.get_model_version_by_alias(name, "champion")
    assert (version.tags, version.aliases) == ({"slope": "1.0"}, ["champion"])
    folder = mlflow.artifacts.download_artifacts(artifact_uri=f"models:/{name}@champion")
    assert mlflow.sklearn.load_model(folder).coef_[0] == 1.0
    assert mlflow.models.get_model_info(f"models:/{name}/2").signature is not None
    with pytest.raises(MlflowException, match="No versions of model"):
        slope_of(f"models:/{name}/Staging")
    with pytest.raises(MlflowException, match="alias nobody not found"):
        slope_of(f"models:/{name}@nobody")


@pytest.mark.mlflow3
def test_a_logged_model_knows_the_versions_that_were_made_of_it(client, name):
    run, logged = log(5.0)
    version = mlflow.register_model(logged.model_uri, name)
    assert version.run_id == run.info.run_id
    assert version.source == logged.model_uri
    registrations = mlflow.get_logged_model(logged.model_id).tags["mlflow.modelVersions"]
    assert f'"name": "{name}"' in registrations
    assert slope_of(f"models:/{name}/1") == 5.0
    with pytest.raises(MlflowException, match="model_id request parameter"):
        client.create_model_version(name, logged.model_uri)


def test_a_registered_model_is_described_tagged_renamed_and_deleted(client, name):
    made = client.create_registered_model(name, {"team": "blue"}, "who leaves")
    assert (made.name, made.tags, made.description) == (name, {"team": "blue"}, "who leaves")
    with pytest.raises(MlflowException, match="already exists") as refusal:
        client.create_registered_model(name)
    assert refusal.value.error_code == "RESOURCE_ALREADY_EXISTS"
    client.update_registered_model(name, "who stays")
    client.set_registered_model_tag(name, "rank", "1")
    client.delete_registered_model_tag(name, "team")
    client.create_model_version(name, "s3://bucket/model")
    client.set_registered_model_alias(name, "champion", "1")
    client.rename_registered_model(name, f"{name} anew")
    found = client.get_registered_model(f"{name} anew")
    assert (found.description, found.tags) == ("who stays", {"rank": "1"})
    assert found.aliases in ({"champion": "1"}, {"champion": 1})
    client.delete_registered_model(f"{name} anew")
    for gone in (name, f"{name} anew"):
        with pytest.raises(MlflowException, match="not found") as refusal:
            client.get_registered_model(gone)
        assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_versions_are_described_tagged_found_and_deleted(client, name):
    client.create_registered_model(name)
    for number in range(1, 4):
        client.create_model_version(
            name, f"s3://bucket/{number}", run_id=f"run{number}", description="first"
        )
    client.update_model_version(name, "2", "better")
    client.set_model_version_tag(name, "2", "ok", "yes")
    client.set_model_version_tag(name, version="3", key="ok", value="no")
    client.delete_model_version_tag(name, "3", "ok")
    assert client.get_model_version(name, "2").description == "better"
    assert client.get_model_version_download_uri(name, "2") == "s3://bucket/2"

    def found(more="", **how):
        versions = client.search_model_versions(f"name = '{name}'{more}", **how)
        return [int(v.version) for v in versions]

    assert found(" AND tags.ok = 'yes'") == [2]
    assert found(" AND run_id IN ('run1', 'run3')", order_by=["version_number ASC"]) == [1, 3]
    assert found(" AND version_number >= 2", order_by=["version_number DESC"]) == [3, 2]
    assert found()[0] == 2
    page = client.search_model_versions(f"name = '{name}'", max_results=2, order_by=["name ASC"])
    rest = client.search_model_versions(
        f"name = '{name}'", max_results=2, order_by=["name ASC"], page_token=page.token
    )
    assert [int(v.version) for v in [*page, *rest]] == [3, 2, 1]
    client.delete_model_version(name, "3")
    assert found(order_by=["version_number ASC"]) == [1, 2]
    assert int(client.create_model_version(name, "s3://bucket/4").version) == 4


def test_stages_archive_what_was_there_before(client, name):
    client.create_registered_model(name)
    for number in range(1, 4):
        client.create_model_version(name, f"s3://bucket/{number}")
    client.transition_model_version_stage(name, "1", "production")
    client.transition_model_version_stage(name, "2", "Staging")
    moved = client.transition_model_version_stage(
        name, "3", "Production", archive_existing_versions=True
    )
    assert moved.current_stage == "Production"
    latest = {v.current_stage: int(v.version) for v in client.get_latest_versions(name)}
    assert latest == {"Archived": 1, "Staging": 2, "Production": 3}
    assert [v.version for v in client.get_latest_versions(name, ["Production"])] in ([3], ["3"])
    with pytest.raises(MlflowException, match="Invalid Model Version stage: zz"):
        client.transition_model_version_stage(name, "1", "zz")


def test_registered_models_are_searched_page_by_page(client, name):
    for letter in "abc":
        client.create_registered_model(f"{name} {letter}", {"letter": letter})
    like = f"name LIKE '{name}%'"
    found = client.search_registered_models(like, order_by=["name DESC"], max_results=2)
    assert [m.name[-1] for m in found] == ["c", "b"]
    rest = client.search_registered_models(
        like, order_by=["name DESC"], max_results=2, page_token=found.token
    )
    assert [m.name[-1] for m in rest] == ["a"]
    assert not rest.token
    (one,) = client.search_registered_models(f"{like} AND tags.letter = 'b'")
    assert one.name.endswith("b")
    assert len(mlflow.search_registered_models(filter_string=f"name ILIKE '{name.upper()}%'")) == 3


def test_a_version_is_copied_to_another_model(client, name):
    log(7.0, registered_model_name=name)
    client.set_registered_model_alias(name, "champion", "1")
    copy = client.copy_model_version(f"models:/{name}@champion", f"{name} production")
    assert (copy.name, int(copy.version)) == (f"{name} production", 1)
    assert copy.source == f"models:/{name}/1"
    assert slope_of(f"models:/{name} production/1") == 7.0
    again = client.copy_model_version(f"models:/{name} production/1", f"{name} production")
    assert int(again.version) == 2
    client.delete_registered_model(name)
    assert slope_of(f"models:/{name} production/2") == 7.0


def test_a_local_folder_is_no_source(client, name, tmp_path):
    client.create_registered_model(name)
    with pytest.raises(MlflowException, match="Invalid model version source"):
        client.create_model_version(name, str(tmp_path))


@pytest.mark.mlflow3
def test_prompts_are_registered_and_stay_out_of_the_models(client, name):
    name = name.replace(" ", "-")
    prompt = mlflow.genai.register_prompt(name, "Dear {{who}}, {{what}}!")
    assert (prompt.name, int(prompt.version)) == (name, 1)
    mlflow.genai.register_prompt(name, "Dearest {{who}}!", commit_message="warmer")
    mlflow.genai.set_prompt_alias(name, alias="best", version=2)
    assert mlflow.genai.load_prompt(f"prompts:/{name}@best").format(who="bob") == "Dearest bob!"
    assert mlflow.genai.load_prompt(name, version=1).template == "Dear {{who}}, {{what}}!"
    assert [p.name for p in mlflow.genai.search_prompts(f"name = '{name}'")] == [name]
    assert client.search_registered_models(f"name = '{name}'") == []
    with pytest.raises(MlflowException, match="already taken by a prompt"):
        client.create_registered_model(name)
