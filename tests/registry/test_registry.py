"""What users may do to registered models and versions, and what they are told when they may not.

What is said over the protocol is in the golden files; here are the rules that need more words.
"""

from contextlib import closing
from pathlib import Path

import pytest

from millpond.domain.experiments import Stage, Tag
from millpond.domain.filters import REGISTERED_MODELS, parse_filter, unparse
from millpond.domain.registry import ModelStage, parse_version, without_prompts
from millpond.errors import DoesNotExist, InvalidParameter
from millpond.registry import model_versions, registered_models
from millpond.registry.actions import create_model, set_model_tags
from millpond.registry.sources import SourceRules, schemes
from millpond.store.memory import MemoryStore
from millpond.testing.store_contract.samples import ask, do, logged_model, start_run


@pytest.fixture
def store():
    with closing(MemoryStore()) as store:
        start_run(store)
        do(store, registered_models.create_registered_model("churn", "", [], 10))
        yield store


PLAIN = SourceRules()


def create(store, source="s3://bucket/1", run_id=None, model_id=None, rules=PLAIN, name="churn"):
    action = model_versions.create_version(
        name, source, run_id, model_id, "", "", [], rules, now_ms=20
    )
    return do(store, action)


def test_a_new_version_says_at_its_model_when_it_came(store):
    create(store)
    assert ask(store, lambda r: r.registered_model("churn")).last_update_ms == 20


def test_a_version_of_a_logged_model_has_its_files_and_its_run(store):
    do(store, create_model("m-1", 1, "net", "", "r1", [], [], 5))
    version = create(store, "models:/m-1", model_id="m-1")
    assert version.storage_location == "mlflow-artifacts:/1/models/m-1/artifacts"
    assert (version.run_id, version.model_id) == ("r1", "m-1")
    assert create(store, "models:/churn/1").model_id == "m-1"


def test_a_logged_model_lists_every_version_made_of_it_once(store):
    do(store, lambda tx: tx.add_model(logged_model("m-1")))
    do(store, registered_models.create_registered_model("other", "", [], 10))
    create(store, "models:/m-1", model_id="m-1")
    create(store, "models:/churn/1", name="other")
    (tag,) = ask(store, lambda r: r.model("m-1")).tags
    expected = '[{"name": "churn", "version": 1}, {"name": "other", "version": 1}]'
    assert tag == Tag("mlflow.modelVersions", expected)


@pytest.mark.parametrize("value", ["", "{", "5", '{"name": "x"}'])
def test_a_tag_that_lists_no_versions_is_replaced(store, value):
    do(store, lambda tx: tx.add_model(logged_model("m-1")))
    do(store, set_model_tags("m-1", [Tag("mlflow.modelVersions", value)]))
    create(store, "models:/m-1", model_id="m-1")
    (tag,) = ask(store, lambda r: r.model("m-1")).tags
    assert tag.value == '[{"name": "churn", "version": 1}]'


def test_a_deleted_logged_model_is_no_source(store):
    do(store, lambda tx: tx.add_model(logged_model("m-1", stage=Stage.DELETED)))
    with pytest.raises(DoesNotExist, match="m-1"):
        create(store, "models:/m-1", model_id="m-1")


def test_a_refused_version_takes_no_number(store):
    with pytest.raises(InvalidParameter):
        create(store, "runs:/r1/model")
    assert create(store).version == 1


def test_a_path_inside_of_a_runs_own_folder_is_a_source(store, tmp_path):
    start_run(store, "r2", artifact_uri=f"file://{tmp_path}/run%202/artifacts")
    inside = tmp_path / "run 2" / "artifacts" / "model"
    inside.mkdir(parents=True)
    assert create(store, str(inside), run_id="r2").source == str(inside)
    assert create(store, inside.as_uri(), run_id="r2").version == 2
    outside = tmp_path / "run 2" / "artifacts and more"
    for source in (outside, tmp_path, inside / ".." / ".." / "secret"):
        with pytest.raises(InvalidParameter, match="within the artifact directory"):
            create(store, str(source), run_id="r2")


def test_a_link_that_leads_out_of_a_runs_folder_is_no_source(store, tmp_path):
    folder = tmp_path / "artifacts"
    folder.mkdir()
    (folder / "model").symlink_to(Path("/etc"))
    start_run(store, "r2", artifact_uri=str(folder))
    with pytest.raises(InvalidParameter, match="within the artifact directory"):
        create(store, str(folder / "model"), run_id="r2")


@pytest.mark.parametrize(
    "source",
    [
        "mlflow-artifacts:/1/r1/artifacts/../../r2",
        "mlflow-artifacts:/1/r1/artifacts%2f..%2f..",
        "mlflow-artifacts:/1/r1/artifacts/%252e%252e/x",
        "mlflow-artifacts:/1/r1/artifactsX",
        "mlflow-artifacts://elsewhere/1/r1/artifacts",
        "MLFLOW-ARTIFACTS:/1/other/artifacts",
        "runs://host/r1/model",
        "runs:/r2/model",
        "models:",
        "models:///",
        "models:/a/b/c",
        "models:/churn/",
        "models:/@x",
        "models:/churn@ ",
        "file://host/etc",
        "http://[::1",
        "s3://b/\x00",
        "",
        "model",
    ],
)
def test_a_source_that_could_lead_elsewhere_is_refused(store, source):
    with pytest.raises(InvalidParameter):
        create(store, source, run_id="r1")
    assert ask(store, lambda r: r.registered_model("churn")).last_version == 0


def test_an_administrator_says_which_hosts_and_sources_are_taken(store):
    rules = SourceRules(schemes(" HDFS, abfss"), pattern="^(hdfs|models)")
    assert create(store, "hdfs://name/model", rules=rules).version == 1
    with pytest.raises(InvalidParameter, match="'https' scheme"):
        create(store, "https://models/x", rules=SourceRules(schemes("hdfs")))
    with pytest.raises(InvalidParameter, match="Invalid model version source: 's3://bucket/1'"):
        create(store, rules=rules)


def test_a_copy_means_the_version_of_the_moment(store):
    create(store, "s3://bucket/1")
    create(store, "s3://bucket/2")
    do(store, registered_models.set_alias("churn", "champion", 1, 30))
    do(store, model_versions.move_version("churn", 2, ModelStage.STAGING, False, 30))
    for uri, place in {
        "models:/churn@champion": "s3://bucket/1",
        "models:/churn/staging": "s3://bucket/2",
        "models:/churn@Latest": "s3://bucket/2",
    }.items():
        copy = create(store, uri)
        assert copy.storage_location == place
        do(store, model_versions.delete_version("churn", copy.version, 40))
    for uri in ("models:/churn/Production", "models:/churn/77", "models:/nobody/latest"):
        with pytest.raises(DoesNotExist):
            create(store, uri)
    for uri in ("models:/churn@nobody", "models:/churn/sideways"):
        with pytest.raises(InvalidParameter):
            create(store, uri)


@pytest.mark.parametrize(
    ("text", "left", "no_prompts"),
    [
        ("", "", True),
        ("name = 'a'", "name = 'a'", True),
        ("tags.`mlflow.prompt.is_prompt` = 'false'", "", True),
        ("tags.`mlflow.prompt.is_prompt` != 'true' AND name = 'a'", "name = 'a'", True),
        (
            "tags.`mlflow.prompt.is_prompt` = 'True'",
            "tags.mlflow.prompt.is_prompt = 'True'",
            False,
        ),
        (
            "name = 'a' OR NOT tags.`mlflow.prompt.is_prompt` != 'false'",
            "name = 'a' OR NOT tags.mlflow.prompt.is_prompt != 'false'",
            False,
        ),
    ],
)
def test_a_filter_says_whether_prompts_are_wanted(text, left, no_prompts):
    node, is_without = without_prompts(parse_filter(text, REGISTERED_MODELS))
    assert (unparse(node), is_without) == (left, no_prompts)


@pytest.mark.parametrize(("text", "number"), [("1", 1), (" +7 ", 7), ("-1", -1), ("007", 7)])
def test_a_version_is_a_whole_number(text, number):
    assert parse_version(text) == number


@pytest.mark.parametrize("text", ["", "one", "1.0", "1_0", "٣", "9" * 30])
def test_what_is_no_whole_number_is_no_version(text):
    with pytest.raises(InvalidParameter, match="must be an integer"):
        parse_version(text)
