"""Promises about experiments and their tags."""

import pytest

from millpond.domain.experiments import Stage, Tag, ViewType
from millpond.errors import AlreadyExists, InvalidParameter
from millpond.store.contract import Store
from millpond.testing.store_contract.samples import (
    ask,
    do,
    experiment,
    experiment_search,
    found_experiments,
    pages,
    start_run,
    tags,
)


def add(store: Store, *names: str) -> None:
    for i, name in enumerate(names, 1):
        do(store, lambda tx, i=i, name=name: tx.add_experiment(experiment(i, name)))  # type: ignore[misc]


class ExperimentContract:
    """Experiments: kept, renamed, binned, tagged, found."""

    def test_an_experiment_reads_back_as_it_was_added(self, store: Store) -> None:
        added = experiment(7, "/Users/me/churn ünïcode", tags=tags(a="1", b=""))
        do(store, lambda tx: tx.add_experiment(added))
        assert ask(store, lambda r: r.experiment(7)) == added
        assert ask(store, lambda r: r.experiment_named("/Users/me/churn ünïcode")) == added

    def test_the_tags_of_an_experiment_are_sorted_by_key(self, store: Store) -> None:
        do(store, lambda tx: tx.add_experiment(experiment(1, tags=tags(z="1"))))
        for key in ("b", "é", "B", "a"):
            do(store, lambda tx, key=key: tx.set_experiment_tag(1, Tag(key, "1")))  # type: ignore[misc]
        kept = ask(store, lambda r: r.experiment(1))
        assert kept is not None
        assert [tag.key for tag in kept.tags] == ["B", "a", "b", "z", "é"]

    def test_an_experiment_that_is_not_there_is_none(self, store: Store) -> None:
        assert ask(store, lambda r: r.experiment(404)) is None
        assert ask(store, lambda r: r.experiment_named("nobody")) is None

    def test_names_tell_capitals_apart(self, store: Store) -> None:
        add(store, "churn", "Churn")
        found = ask(store, lambda r: r.experiment_named("Churn"))
        assert found is not None
        assert found.experiment_id == 2

    def test_a_new_experiment_id_was_never_given_before(self, store: Store) -> None:
        given = [do(store, lambda tx: tx.new_experiment_id()) for _ in range(3)]
        assert len(set(given)) == 3
        assert given == sorted(given)
        assert given[0] > 0

    def test_a_name_is_taken_even_by_a_deleted_experiment(self, store: Store) -> None:
        add(store, "first", "second")
        do(store, lambda tx: tx.change_experiment(1, last_update_ms=5, stage=Stage.DELETED))
        with pytest.raises(AlreadyExists, match=r"Experiment\(name=first\) already exists"):
            do(store, lambda tx: tx.add_experiment(experiment(3, "first")))
        with pytest.raises(AlreadyExists, match=r"Experiment\(name=first\) already exists"):
            do(store, lambda tx: tx.change_experiment(2, last_update_ms=5, name="first"))
        assert ask(store, lambda r: r.experiment(3)) is None

    def test_an_experiment_may_be_given_the_name_it_has(self, store: Store) -> None:
        add(store, "first")
        do(store, lambda tx: tx.change_experiment(1, last_update_ms=5, name="first"))
        changed = ask(store, lambda r: r.experiment(1))
        assert changed is not None
        assert (changed.name, changed.last_update_ms) == ("first", 5)

    def test_a_change_to_an_experiment_leaves_what_it_does_not_name(self, store: Store) -> None:
        add(store, "first")
        do(store, lambda tx: tx.change_experiment(1, last_update_ms=5, name="renamed"))
        do(store, lambda tx: tx.change_experiment(1, last_update_ms=6, stage=Stage.DELETED))
        expected = experiment(1, "renamed", stage=Stage.DELETED, last_update_ms=6)
        assert ask(store, lambda r: r.experiment(1)) == expected
        assert ask(store, lambda r: r.experiment_named("first")) is None

    def test_the_runs_of_an_experiment_change_their_stage_together(self, store: Store) -> None:
        for run_id, experiment_id in (("r1", 1), ("r2", 1), ("r3", 2)):
            start_run(store, run_id, experiment_id)
        do(store, lambda tx: tx.change_runs_stage(1, Stage.DELETED, 99))
        infos = [ask(store, lambda r, i=i: r.run_info(i)) for i in ("r1", "r2", "r3")]  # type: ignore[misc]
        assert [(i.stage, i.deleted_ms) for i in infos if i] == [
            (Stage.DELETED, 99),
            (Stage.DELETED, 99),
            (Stage.ACTIVE, None),
        ]
        do(store, lambda tx: tx.change_runs_stage(1, Stage.ACTIVE, None))
        restored = do(store, lambda tx: tx.run_info("r1"))
        assert restored is not None
        assert (restored.stage, restored.deleted_ms) == (Stage.ACTIVE, None)

    def test_the_last_value_of_an_experiments_tag_stands(self, store: Store) -> None:
        add(store, "first")
        for value in ("1", "", "3"):
            do(store, lambda tx, v=value: tx.set_experiment_tag(1, Tag("a", v)))  # type: ignore[misc]
        kept = ask(store, lambda r: r.experiment(1))
        assert kept is not None
        assert kept.tags == tags(a="3")

    def test_deleting_an_experiments_tag_says_whether_there_was_one(self, store: Store) -> None:
        add(store, "first")
        do(store, lambda tx: tx.set_experiment_tag(1, Tag("a", "")))
        assert do(store, lambda tx: tx.delete_experiment_tag(1, "b")) is False
        assert do(store, lambda tx: tx.delete_experiment_tag(1, "a")) is True
        assert do(store, lambda tx: tx.delete_experiment_tag(1, "a")) is False

    def test_a_search_without_an_order_shows_the_newest_first(self, store: Store) -> None:
        for i, created in ((1, 10), (2, 30), (3, 20), (4, 30)):
            do(
                store,
                lambda tx, i=i, t=created: tx.add_experiment(experiment(i, creation_ms=t)),  # type: ignore[misc]
            )
        assert found_experiments(store) == [2, 4, 3, 1]

    def test_ties_of_an_order_show_the_greatest_id_first(self, store: Store) -> None:
        for i in range(1, 4):
            do(store, lambda tx, i=i: tx.add_experiment(experiment(i, creation_ms=10)))  # type: ignore[misc]
        assert found_experiments(store, "", "creation_time") == [3, 2, 1]
        assert found_experiments(store, "", "creation_time DESC") == [3, 2, 1]

    def test_experiment_ids_sort_as_numbers(self, store: Store) -> None:
        for i in (9, 10, 2):
            do(store, lambda tx, i=i: tx.add_experiment(experiment(i)))  # type: ignore[misc]
        assert found_experiments(store, "", "experiment_id") == [2, 9, 10]
        assert found_experiments(store, "", "experiment_id DESC") == [10, 9, 2]

    def test_the_view_decides_which_experiments_are_found(self, store: Store) -> None:
        add(store, "first", "second")
        do(store, lambda tx: tx.change_experiment(1, last_update_ms=5, stage=Stage.DELETED))
        assert found_experiments(store) == [2]
        assert found_experiments(store, view=ViewType.DELETED_ONLY) == [1]
        assert found_experiments(store, view=ViewType.ALL) == [2, 1]

    @pytest.mark.parametrize(
        ("filter_text", "expected"),
        [
            ("name = 'churn'", [1]),
            ("name != 'churn'", [3, 2]),
            ("name LIKE 'ch%'", [1]),
            ("name ILIKE 'CH%'", [2, 1]),
            ("name IN ('churn', 'other')", [3, 1]),
            ("experiment_id = '3'", [3]),
            ("experiment_id != '999999999999999999'", [3, 2, 1]),
            ("experiment_id NOT IN ('3', '1')", [2]),
            ("creation_time > 1001 AND last_update_time <= 1002", [2]),
            ("tags.team = 'blue'", [3, 1]),
            ("tags.team IS NULL OR name = 'churn'", [2, 1]),
            ("NOT tags.team = 'blue'", [2]),
            ("tags.size > 5", [3]),
        ],
    )
    def test_a_filter_of_experiments_finds_what_it_says(
        self, store: Store, filter_text: str, expected: list[int]
    ) -> None:
        add(store, "churn", "CHURN", "other")
        for i, size in ((1, "5"), (3, "50")):
            do(store, lambda tx, i=i: tx.set_experiment_tag(i, Tag("team", "blue")))  # type: ignore[misc]
            do(store, lambda tx, i=i, v=size: tx.set_experiment_tag(i, Tag("size", v)))  # type: ignore[misc]
        assert found_experiments(store, filter_text) == expected

    @pytest.mark.parametrize("order_by", [(), ("name",), ("last_update_time", "name DESC")])
    def test_pages_of_experiments_together_are_the_whole(
        self, store: Store, order_by: tuple[str, ...]
    ) -> None:
        for i in range(1, 8):
            do(
                store,
                lambda tx, i=i: tx.add_experiment(  # type: ignore[misc]
                    experiment(i, creation_ms=i // 3, last_update_ms=i // 2)
                ),
            )
        whole = ask(store, lambda r: r.search_experiments(experiment_search("", *order_by))).items
        with store.read("default") as reader:
            question = experiment_search("", *order_by, limit=2)
            parts = list(pages(reader.search_experiments, question))
        assert [one for part in parts for one in part] == list(whole)
        assert [len(part) for part in parts] == [2, 2, 2, 1]

    def test_a_token_of_another_order_of_experiments_is_refused(self, store: Store) -> None:
        add(store, "first", "second")
        token = ask(store, lambda r: r.search_experiments(experiment_search(limit=1))).next_token
        other = experiment_search("", "name", page_token=token)
        with pytest.raises(InvalidParameter, match="page token"):
            ask(store, lambda r: r.search_experiments(other))
