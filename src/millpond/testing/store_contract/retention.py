"""Promises about the bin: what lies in it, what may be purged, and what is left after that."""

from collections.abc import Callable

from millpond.domain.charts import Frame
from millpond.domain.datasets import Dataset, DatasetInput
from millpond.domain.experiments import Stage, ViewType
from millpond.domain.metrics import Point
from millpond.domain.models import LoggedModel
from millpond.domain.registry import ModelVersion, RegisteredModel
from millpond.domain.run_tables import ColumnKind, RunColumn
from millpond.domain.runs import ModelOutput
from millpond.store.contract import Store, Transaction
from millpond.store.retention import Binned
from millpond.testing.store_contract.samples import (
    ask,
    do,
    found_runs,
    logged_model,
    params,
    run_search,
    start_run,
    tags,
)

PLACE = "mlflow-artifacts:/1/{}/artifacts"


def bin_run(store: Store, run_id: str, since_ms: int = 10) -> None:
    """Start a run that logs something of everything, and delete it."""
    start_run(store, run_id)

    def act(tx: Transaction) -> None:
        if not tx.has_model("m-kept"):
            tx.add_model(logged_model("m-kept"))
        tx.add_params(run_id, params(depth="3"))
        tx.set_tags(run_id, tags(team="a"))
        tx.append_points(run_id, [Point("loss", float(i), i, i) for i in range(5)])
        tx.append_points(run_id, [Point("loss", 0.5, 1, 1, "m-kept")])
        tx.add_inputs(run_id, [DatasetInput(Dataset("iris", "1", "local"))], ["m-kept"])
        tx.add_outputs(run_id, [ModelOutput("m-kept", 1)])
        tx.change_run_stage(run_id, Stage.DELETED, since_ms)

    do(store, act)


def purge(store: Store, *run_ids: str, before_ms: int = 10) -> list[bool]:
    return do(store, lambda tx: [tx.purge_run(run_id, before_ms) for run_id in run_ids])


def register_version(store: Store, **pointing: str) -> None:
    source = pointing.get("source", "s3://elsewhere/model")
    version = ModelVersion(
        "churn",
        1,
        5,
        5,
        source,
        pointing.get("storage_location", source),
        run_id=pointing.get("run_id", ""),
        model_id=pointing.get("model_id", ""),
    )

    def act(tx: Transaction) -> None:
        tx.add_registered_model(RegisteredModel("churn", 5, 5))
        tx.add_model_version(version)

    do(store, act)


class RetentionContract:
    """Runs and models leave the bin for good."""

    def test_the_bin_shows_what_lies_in_it_long_enough_the_longest_first(
        self, store: Store
    ) -> None:
        for run_id, since_ms in (("b", 10), ("a", 10), ("c", 9), ("late", 11)):
            bin_run(store, run_id, since_ms)
        start_run(store, "active")
        found = ask(store, lambda r: list(r.binned_runs(10, 9)))
        assert found == [
            Binned(9, "c", PLACE.format("c")),
            Binned(10, "a", PLACE.format("a")),
            Binned(10, "b", PLACE.format("b")),
        ]
        assert ask(store, lambda r: list(r.binned_runs(10, 2))) == found[:2]
        for place, one in enumerate(found):
            assert ask(store, lambda r, o=one: list(r.binned_runs(10, 9, o))) == found[place + 1 :]  # type: ignore[misc]

    def test_nothing_is_left_of_a_purged_run_and_all_of_the_others(self, store: Store) -> None:
        for run_id in ("r1", "r2"):
            bin_run(store, run_id)
        before = ask(store, lambda r: r.run("r2"))
        model = ask(store, lambda r: r.model("m-kept"))
        assert model is not None
        assert purge(store, "r1") == [True]
        # Writers know it no more either.
        assert do(store, lambda tx: (tx.run_info("r1"), tx.run("r1"))) == (None, None)
        # What it measured on a model is the run's.
        (point,) = ask(store, lambda r: _model(r.model("m-kept"))).metrics
        assert point.run_id == "r2"
        columns = [RunColumn(ColumnKind.METRIC, "loss"), RunColumn(ColumnKind.PARAM, "depth")]
        everything = run_search(view=ViewType.ALL)
        with store.read("default") as reader:
            assert (reader.run("r1"), reader.run_info("r1")) == (None, None)
            assert len(reader.history("r1", "loss")) == len(reader.series("r1", "loss")) == 0
            assert reader.metric_summaries("r1") == []
            names = [("r1", "loss"), ("r2", "loss")]
            gone, left = reader.series_states(names)
            assert (gone.run_start_ms, gone.version, gone.points) == (None, 0, 0)
            assert left.points > 0
            assert [place for place, _ in reader.each_series(names)] == [1]
            assert [reader.line(name, Frame()).missing for name in names] == ["run", None]
            assert reader.run_columns(everything, columns).run_ids == ["r2"]
            summaries = reader.key_summaries([1], ViewType.ALL)
            assert {summary.key: summary.runs for summary in summaries} == {
                "loss": 1,
                "depth": 1,
                "team": 1,
            }
            assert [owner.owner_id for owner in reader.file_owners()].count("r1") == 0
            assert reader.run("r2") == before
        assert found_runs(store, view=ViewType.ALL) == ["r2"]
        assert found_runs(store, "tags.team = 'a'", view=ViewType.ALL) == ["r2"]

    def test_only_a_run_that_lies_in_the_bin_long_enough_is_purged(self, store: Store) -> None:
        bin_run(store, "r1", 11)
        start_run(store, "active")
        assert purge(store, "r1", "active", "nobody") == [False] * 3
        do(store, lambda tx: tx.change_run_stage("r1", Stage.ACTIVE, None))
        assert purge(store, "r1", before_ms=99) == [False]
        assert ask(store, lambda r: list(r.purged_files(99, 9))) == []
        assert sorted(found_runs(store)) == ["active", "r1"]

    def test_a_purge_that_is_undone_has_changed_nothing(self, store: Store) -> None:
        bin_run(store, "r1")
        before = ask(store, lambda r: r.run("r1"))

        def act(tx: Transaction) -> None:
            assert tx.purge_run("r1", 10)
            assert tx.run("r1") is None
            raise LookupError

        error = store.write("default", act).exception(30)
        assert isinstance(error, LookupError)
        assert ask(store, lambda r: r.run("r1")) == before
        assert ask(store, lambda r: len(r.history("r1", "loss"))) == 6
        assert ask(store, lambda r: list(r.purged_files(99, 9))) == []
        assert purge(store, "r1", "r1") == [True, False]

    def test_a_run_that_comes_after_a_purge_has_nothing_of_the_purged_one(
        self, store: Store
    ) -> None:
        bin_run(store, "r1")

        def act(tx: Transaction) -> None:
            tx.append_points("r1", [Point("loss", 7.0, 7, 7)])
            assert tx.purge_run("r1", 10)

        do(store, act)
        start_run(store, "r2")
        start_run(store, "r1")
        for run_id in ("r1", "r2"):
            run = ask(store, lambda r, i=run_id: r.run(i))  # type: ignore[misc]
            assert run is not None
            assert (run.metrics, run.params, run.tags, run.model_outputs) == ((), (), (), ())
            assert ask(store, lambda r, i=run_id: len(r.history(i, "loss"))) == 0  # type: ignore[misc]

    def test_a_registered_version_keeps_the_run_and_model_that_it_names(self, store: Store) -> None:
        for pointing in (
            {"run_id": "r1"},
            {"source": PLACE.format("r1")},
            {"source": PLACE.format("r1") + "/model"},
            {"source": "models:/m-1", "storage_location": PLACE.format("r1") + "/model"},
            {"source": "datastore://local/1/r1/artifacts/model"},
        ):
            if ask(store, lambda r: r.run_info("r1")) is None:
                bin_run(store, "r1")
                bin_run(store, "r10")
            register_version(store, **pointing)
            place = PLACE.format("r1")
            assert ask(store, lambda r, p=place: r.is_needed("r1", p)), pointing  # type: ignore[misc]
            assert purge(store, "r1") == [False]
            assert not ask(store, lambda r: r.is_needed("r10", PLACE.format("r10")))
            do(store, lambda tx: tx.delete_registered_model("churn"))
        assert purge(store, "r1", "r10") == [True, True]

    def test_a_deleted_model_is_purged_unless_a_version_names_it(self, store: Store) -> None:
        start_run(store, "r1")
        for step, model_id in enumerate(("m-1", "m-2", "m-3")):
            made = logged_model(model_id, params=params(a="1"), tags=tags(b="2"))
            do(store, lambda tx, made=made: tx.add_model(made))  # type: ignore[misc]
            point = Point("acc", 1.0, 1, step, model_id)
            do(store, lambda tx, point=point: tx.append_points("r1", [point]))  # type: ignore[misc]
        for model_id in ("m-1", "m-2"):
            do(
                store,
                lambda tx, m=model_id: tx.change_model(  # type: ignore[misc]
                    m, last_update_ms=8_000, stage=Stage.DELETED
                ),
            )
        register_version(store, model_id="m-2")
        place = "mlflow-artifacts:/1/models/{}/artifacts"
        found = [Binned(8_000, m, place.format(m)) for m in ("m-1", "m-2")]
        assert ask(store, lambda r: list(r.binned_models(8_000, 9))) == found
        assert ask(store, lambda r: list(r.binned_models(7_999, 9))) == []

        def purge_all(before_ms: int) -> Callable[[Transaction], list[bool]]:
            return lambda tx: [tx.purge_model(f"m-{i}", before_ms) for i in (1, 2, 3)]

        assert do(store, purge_all(7_999)) == [False] * 3
        assert do(store, purge_all(8_000)) == [True, False, False]
        assert ask(store, lambda r: [r.has_model(f"m-{i}") for i in (1, 2, 3)]) == [
            False,
            True,
            True,
        ]
        assert len(_model(ask(store, lambda r: r.model("m-3"))).metrics) == 1
        # The run has measured what it measured.
        assert ask(store, lambda r: len(r.history("r1", "acc"))) == 3
        (files,) = ask(store, lambda r: r.purged_files(0, 9))
        assert (files.owner_id, files.artifact_uri) == ("m-1", place.format("m-1"))

    def test_files_of_what_was_purged_are_noted_held_and_forgotten(self, store: Store) -> None:
        for run_id in ("r1", "r2"):
            bin_run(store, run_id)
        assert purge(store, "r1", "r2") == [True, True]
        first, second = ask(store, lambda r: r.purged_files(0, 9))
        assert (first.owner_id, second.owner_id) == ("r1", "r2")
        assert second.artifact_uri == PLACE.format("r2")
        assert list(ask(store, lambda r: r.purged_files(0, 1))) == [first]
        do(store, lambda tx: tx.hold_purged_files(first.number, 50))
        assert list(ask(store, lambda r: r.purged_files(49, 9))) == [second]
        assert list(ask(store, lambda r: r.purged_files(50, 9))) == [first, second]
        assert do(store, lambda tx: tx.forget_purged_files(first.number)) is True
        assert do(store, lambda tx: tx.forget_purged_files(first.number)) is False
        assert list(ask(store, lambda r: r.purged_files(50, 9))) == [second]


def _model(model: LoggedModel | None) -> LoggedModel:
    assert model is not None
    return model
