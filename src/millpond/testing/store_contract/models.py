"""Promises about logged models: what they keep, their metrics, and how they are found."""

import math

import pytest

from millpond.domain.experiments import Stage, Tag
from millpond.domain.metrics import Point, RunPoint
from millpond.domain.models import DatasetFilter, LoggedModel, ModelStatus
from millpond.store.contract import Store
from millpond.testing.store_contract.samples import (
    ask,
    do,
    found_models,
    logged_model,
    model_order,
    model_search,
    pages,
    params,
    start_run,
    tags,
)


def add(store: Store, *model_ids: str) -> None:
    start_run(store)
    for i, model_id in enumerate(model_ids):
        do(store, lambda tx, i=i, m=model_id: tx.add_model(logged_model(m, creation_ms=i)))  # type: ignore[misc]


def kept(store: Store, model_id: str = "m1") -> LoggedModel:
    model = ask(store, lambda r: r.model(model_id))
    assert model is not None
    return model


def measure(
    store: Store,
    model_id: str,
    *measured: tuple[float, int],
    name: str | None = None,
    digest: str | None = None,
) -> None:
    """Log metric ``acc`` of a model: (value, timestamp), on a dataset maybe."""
    points = [Point("acc", value, time, 0, model_id, name, digest) for value, time in measured]
    do(store, lambda tx: tx.append_points("r1", points))


class ModelContract:
    """Logged models."""

    def test_a_model_reads_back_as_it_was_added(self, store: Store) -> None:
        start_run(store)
        added = logged_model(
            "m1",
            status=ModelStatus.LOGGED_MODEL_UPLOAD_FAILED,
            source_run_id="r1",
            tags=tags(a="1", b="é"),
            params=params(a="1", b=""),
        )
        do(store, lambda tx: tx.add_model(added))
        assert kept(store) == added
        assert ask(store, lambda r: (r.model("m2"), r.has_model("m2"))) == (None, False)

    def test_a_change_to_a_model_leaves_what_it_does_not_name(self, store: Store) -> None:
        add(store, "m1")
        ready = ModelStatus.LOGGED_MODEL_READY
        do(store, lambda tx: tx.change_model("m1", last_update_ms=8, status=ready))
        do(store, lambda tx: tx.change_model("m1", last_update_ms=9, stage=Stage.DELETED))
        expected = logged_model(
            "m1", creation_ms=0, last_update_ms=9, status=ready, stage=Stage.DELETED
        )
        assert kept(store) == expected

    def test_a_deleted_model_is_there_but_not_found(self, store: Store) -> None:
        add(store, "m1", "m2")
        do(store, lambda tx: tx.change_model("m1", last_update_ms=8, stage=Stage.DELETED))
        assert ask(store, lambda r: r.has_model("m1"))
        assert found_models(store) == ["m2"]

    def test_a_models_params_and_tags_read_sorted_by_key(self, store: Store) -> None:
        add(store, "m1")
        do(store, lambda tx: tx.add_model_params("m1", params(b="1", B="2")))
        do(store, lambda tx: tx.add_model_params("m1", params(a="3")))
        do(store, lambda tx: tx.set_model_tags("m1", [Tag("z", "1"), Tag("y", "1"), Tag("z", "2")]))
        assert kept(store).params == params(B="2", a="3", b="1")
        assert kept(store).tags == tags(y="1", z="2")

    def test_deleting_a_models_tag_says_whether_there_was_one(self, store: Store) -> None:
        add(store, "m1")
        do(store, lambda tx: tx.set_model_tags("m1", tags(a="")))
        assert do(store, lambda tx: tx.delete_model_tag("m1", "b")) is False
        assert do(store, lambda tx: tx.delete_model_tag("m1", "a")) is True
        assert do(store, lambda tx: tx.delete_model_tag("m1", "a")) is False

    def test_a_models_metrics_are_the_points_that_name_it(self, store: Store) -> None:
        add(store, "m1", "m2")
        points = [
            Point("acc", 0.5, 2, 1, "m1", "d", "1"),
            Point("acc", 0.5, 2, 1, "m1", "d", "2"),
            Point("acc", math.inf, 1, 1, "m1"),
            Point("acc", -0.0, 3, 1, "m1"),
            Point("acc", 0.7, 1, 1, "m2"),
            Point("acc", 0.9, 1, 1),
        ]
        do(store, lambda tx: tx.append_points("r1", points))
        expected = [points[2], points[0], points[1], points[3]]
        assert repr(kept(store).metrics) == repr(tuple(RunPoint("r1", p) for p in expected))
        assert len(kept(store, "m2").metrics) == 1

    def test_a_models_metric_logged_again_is_one(self, store: Store) -> None:
        add(store, "m1")
        for _ in range(2):
            measure(store, "m1", (0.5, 1), (math.nan, 1), (0.5, 1))
        assert [repr(m.point.value) for m in kept(store).metrics] == ["nan", "0.5"]

    def test_models_without_an_order_show_the_newest_first(self, store: Store) -> None:
        start_run(store)
        for model_id, created in (("m2", 5), ("m1", 5), ("m3", 9)):
            do(
                store,
                lambda tx, m=model_id, t=created: tx.add_model(logged_model(m, creation_ms=t)),  # type: ignore[misc]
            )
        do(store, lambda tx: tx.add_model(logged_model("elsewhere", 2)))
        assert found_models(store) == ["m3", "m1", "m2"]
        assert found_models(store, experiment_ids=(2, 1))[0] == "elsewhere"
        assert found_models(store, experiment_ids=()) == []

    @pytest.mark.parametrize(
        ("filter_text", "expected"),
        [
            ("name = 'model m1'", ["m1"]),
            ("attributes.model_type = 'agent' AND status = 'PENDING'", ["m3", "m2", "m1"]),
            ("status_message IS NULL", ["m3", "m2", "m1"]),
            ("experiment_id != '1'", []),
            ("creation_timestamp >= 1", ["m3", "m2"]),
            ("params.depth = '3'", ["m1"]),
            ("params.depth > 3", ["m2"]),
            ("params.depth IS NULL", ["m3"]),
            ("tags.team LIKE 'b%'", ["m2"]),
            ("metrics.acc > 0.5", ["m2", "m1"]),
            ("NOT metrics.acc > 0.5", ["m3"]),
            ("metrics.acc != 0.4", ["m3", "m2", "m1"]),
            ("metrics.acc IS NULL", []),
        ],
    )
    def test_a_filter_of_models_finds_what_it_says(
        self, store: Store, filter_text: str, expected: list[str]
    ) -> None:
        add(store, "m1", "m2", "m3")
        do(store, lambda tx: tx.add_model_params("m1", params(depth="3")))
        do(store, lambda tx: tx.add_model_params("m2", params(depth="10")))
        do(store, lambda tx: tx.set_model_tags("m2", tags(team="blue")))
        measure(store, "m1", (0.4, 1), (0.6, 2))
        measure(store, "m2", (0.9, 1))
        measure(store, "m3", (math.nan, 1))
        assert found_models(store, filter_text) == expected

    def test_a_search_on_datasets_looks_only_at_their_metrics(self, store: Store) -> None:
        add(store, "m1", "m2", "m3")
        measure(store, "m1", (0.9, 1), name="d", digest="1")
        measure(store, "m2", (0.9, 1), name="d", digest="2")
        measure(store, "m2", (0.1, 1), name="other")
        measure(store, "m3", (0.9, 1))
        any_digest = [DatasetFilter("d")]
        assert found_models(store, datasets=any_digest) == ["m2", "m1"]
        assert found_models(store, datasets=[DatasetFilter("d", "1")]) == ["m1"]
        assert found_models(store, "metrics.acc > 0.5", datasets=any_digest) == ["m2", "m1"]
        assert found_models(store, "metrics.acc < 0.5", datasets=any_digest) == []
        assert found_models(store, "metrics.acc IS NULL", datasets=any_digest) == ["m3"]
        assert found_models(store, "name != 'x'", datasets=any_digest) == ["m2", "m1"]

    def test_a_metrics_order_takes_the_latest_by_time_then_step(self, store: Store) -> None:
        add(store, "m1", "m2", "m3", "m4")
        measure(store, "m1", (0.9, 1), (0.2, 2))
        measure(store, "m2", (0.1, 1), (0.3, 2))
        measure(store, "m3", (0.5, 1), (math.nan, 2))
        assert found_models(store, "", ("metrics.acc", True)) == ["m1", "m2", "m3", "m4"]
        assert found_models(store, "", ("metrics.acc", False)) == ["m2", "m1", "m3", "m4"]

    def test_a_metrics_order_may_look_at_one_dataset(self, store: Store) -> None:
        add(store, "m1", "m2", "m3")
        measure(store, "m1", (0.9, 1), name="d", digest="1")
        measure(store, "m1", (0.1, 9), name="d", digest="2")
        measure(store, "m2", (0.5, 1), name="d", digest="1")
        on_d1 = model_order("metrics.acc", False, "d", "1")
        assert found_models(store, "", on_d1) == ["m1", "m2", "m3"]
        on_any_d = model_order("metrics.acc", False, "d")
        assert found_models(store, "", on_any_d) == ["m2", "m1", "m3"]

    @pytest.mark.parametrize("ascending", [True, False])
    def test_pages_of_models_together_are_the_whole(self, store: Store, ascending: bool) -> None:
        add(store, *(f"m{i}" for i in range(9)))
        for i, value in enumerate((0.5, math.nan, 0.5, math.inf, -0.0, 0.0, math.nan)):
            measure(store, f"m{i}", (value, 1))
        for field in ("metrics.acc", "name", "source_run_id"):
            whole = ask(
                store,
                lambda r, f=field: r.search_models(model_search("", (f, ascending))),  # type: ignore[misc]
            ).items
            question = model_search("", (field, ascending), limit=2)
            with store.read("default") as reader:
                parts = [one for part in pages(reader.search_models, question) for one in part]
            assert [m.model_id for m in parts] == [m.model_id for m in whole]
            assert len(parts) == 9
