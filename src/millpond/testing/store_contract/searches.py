"""Promises about searches for runs: filters, orders, views, pages."""

import math
from typing import Any

import pytest

from millpond.domain.datasets import CONTEXT_TAG, Dataset, DatasetInput
from millpond.domain.experiments import Stage, Tag, ViewType
from millpond.domain.metrics import Point
from millpond.domain.runs import Param, RunStatus
from millpond.errors import InvalidParameter
from millpond.store.contract import Store, Transaction
from millpond.testing.store_contract.samples import (
    ask,
    do,
    experiment,
    found_runs,
    pages,
    run_info,
    run_search,
    start_run,
    tags,
)


def fill(store: Store) -> None:
    """Four runs, a to d, started one after another; see the tests for what they logged."""

    def act(tx: Transaction) -> None:
        tx.add_experiment(experiment(1))
        for i, run_id in enumerate("abcd"):
            tx.add_run(run_info(run_id, name=f"Run {run_id}", start_ms=i), ())
        for run_id, acc in (("a", 0.5), ("b", math.nan), ("c", -math.inf)):
            tx.append_points(run_id, [Point("acc", acc, 1), Point("loss", 2.0, 1)])
        for run_id, depth in (("a", "3"), ("b", "10"), ("c", "deep")):
            tx.add_params(run_id, [Param("depth", depth)])
        for run_id, team in (("a", "Blue"), ("b", "blue%"), ("d", "")):
            tx.set_tags(run_id, [Tag("team", team), Tag("odd key", "é")])
        for run_id, name, context in (("a", "iris", "training"), ("a", "wine", ""), ("b", "x", "")):
            how = tags(**{CONTEXT_TAG: context}) if context else ()
            tx.add_inputs(run_id, [DatasetInput(Dataset(name, "1"), how)], [])
        tx.change_run("b", status=RunStatus.FINISHED, end_ms=100)

    do(store, act)


class SearchContract:
    """Searches for runs."""

    @pytest.mark.parametrize(
        ("filter_text", "expected"),
        [
            ("", "dcba"),
            ("metrics.acc > 0", "a"),
            ("metrics.acc < 1", "ca"),
            ("metrics.acc != 0.5", "cb"),
            ("NOT metrics.acc = 0.5", "dcb"),
            ("metrics.acc NOT IN (0.5)", "cb"),
            ("metrics.acc IS NULL", "d"),
            ("metrics.acc BETWEEN 0 AND 1", "a"),
            ("metrics.acc NOT BETWEEN 0 AND 1", "c"),
            ("metrics.never_logged IS NULL", "dcba"),
            ("metrics.never_logged != 1", ""),
            ("params.depth = '10'", "b"),
            ("params.depth = 10", "b"),
            ("params.depth = 10.0", ""),
            ("params.depth > 3", "b"),
            ("params.depth >= 3", "ba"),
            ("params.depth IN ('3', 'deep')", "ca"),
            ("params.depth LIKE '%e%'", "c"),
            ("tags.team = 'blue'", ""),
            ("tags.team ILIKE 'blue'", "a"),
            ("tags.team LIKE 'blue_'", "b"),
            ("tags.team NOT LIKE 'B%'", "db"),
            ("tags.team = ''", "d"),
            ("tags.team IS NOT NULL AND params.depth IS NULL", "d"),
            ("tags.`odd key` ILIKE 'É'", "dba"),
            ("dataset.name = 'iris'", "a"),
            ("dataset.name != 'iris'", "ba"),
            ("dataset.context IS NULL", "dcb"),
            ("dataset.name = 'wine' OR metrics.acc < -1e308", "ca"),
            ("datasets.digest LIKE '1' AND dataset.context = 'training'", "a"),
            ("run_id IN ('a', 'd')", "da"),
            ("run_name LIKE 'Run %' AND attributes.run_name != 'Run b'", "dca"),
            ("status = 'FINISHED'", "b"),
            ("user_id = 'alice'", "dcba"),
            ("start_time >= 1 AND start_time < 3", "cb"),
            ("end_time > 5", "b"),
            ("end_time IS NULL", "dca"),
            ("end_time != 5", "b"),
            ("end_time < 1e400", "b"),
            ("start_time > -1.5", "dcba"),
            ("(params.depth = '3' OR params.depth = 'deep') AND NOT tags.team = 'Blue'", "c"),
        ],
    )
    def test_a_filter_of_runs_finds_what_it_says(
        self, store: Store, filter_text: str, expected: str
    ) -> None:
        fill(store)
        assert "".join(found_runs(store, filter_text)) == expected

    @pytest.mark.parametrize(
        ("order_by", "expected"),
        [
            ("metrics.acc", "cabd"),
            ("metrics.acc DESC", "acbd"),
            ("metrics.never_logged", "dcba"),
            ("params.depth", "bacd"),
            ("params.depth DESC", "cabd"),
            ("tags.team", "dabc"),
            ("end_time", "bdca"),
            ("end_time DESC", "bdca"),
            ("start_time", "abcd"),
            ("run_name DESC", "dcba"),
            ("status", "bdca"),
        ],
    )
    def test_an_order_puts_nan_after_numbers_and_missing_last(
        self, store: Store, order_by: str, expected: str
    ) -> None:
        fill(store)
        assert "".join(found_runs(store, "", order_by)) == expected

    def test_later_orders_break_the_ties_of_earlier_ones(self, store: Store) -> None:
        fill(store)
        assert "".join(found_runs(store, "", "metrics.loss", "tags.team DESC")) == "bacd"

    def test_runs_without_an_order_show_the_latest_first_then_by_id(self, store: Store) -> None:
        for run_id, start_ms in (("z", 5), ("b", 7), ("a", 5), ("c", 5)):
            start_run(store, run_id, start_ms=start_ms)
        assert found_runs(store) == ["b", "a", "c", "z"]

    def test_only_the_experiments_asked_for_are_searched(self, store: Store) -> None:
        for run_id, experiment_id in (("a", 1), ("b", 2), ("c", 3)):
            start_run(store, run_id, experiment_id)
        assert found_runs(store, experiment_ids=(3, 1)) == ["a", "c"]
        assert found_runs(store, experiment_ids=(404,)) == []
        assert found_runs(store, experiment_ids=()) == []

    def test_the_view_decides_which_runs_are_found(self, store: Store) -> None:
        fill(store)
        do(store, lambda tx: tx.change_run_stage("b", Stage.DELETED, 1))
        assert found_runs(store) == ["d", "c", "a"]
        assert found_runs(store, view=ViewType.DELETED_ONLY) == ["b"]
        assert found_runs(store, view=ViewType.ALL) == ["d", "c", "b", "a"]

    def test_a_found_run_is_whole(self, store: Store) -> None:
        fill(store)
        found = ask(store, lambda r: r.search_runs(run_search())).items
        one_by_one = [ask(store, lambda r, i=i: r.run(i)) for i in "dcba"]  # type: ignore[misc]
        assert repr(list(found)) == repr(one_by_one)

    def test_a_filter_inside_an_action_sees_its_points(self, store: Store) -> None:
        fill(store)

        def act(tx: Transaction) -> list[Any]:
            tx.append_points("d", [Point("acc", 7.0, 1)])
            return [run.info.run_id for run in tx.search_runs(run_search("metrics.acc = 7")).items]

        assert do(store, act) == ["d"]

    @pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
    @pytest.mark.parametrize(
        "order_by", [(), ("metrics.acc",), ("metrics.acc DESC", "end_time"), ("tags.team DESC",)]
    )
    def test_pages_of_runs_together_are_the_whole(
        self, store: Store, limit: int, order_by: tuple[str, ...]
    ) -> None:
        fill(store)
        question = run_search("", *order_by, limit=limit)
        with store.read("default") as reader:
            parts = [[r.info.run_id for r in part] for part in pages(reader.search_runs, question)]
        assert [run_id for part in parts for run_id in part] == found_runs(store, "", *order_by)
        assert {len(part) for part in parts[:-1]} <= {limit}
        assert 0 < len(parts[-1]) <= limit

    def test_a_run_that_comes_between_pages_moves_no_other(self, store: Store) -> None:
        fill(store)
        first = ask(store, lambda r: r.search_runs(run_search(limit=2)))
        start_run(store, "e", start_ms=99)
        start_run(store, "a2", start_ms=0)
        rest = run_search(page_token=first.next_token)
        found = ask(store, lambda r: r.search_runs(rest)).items
        assert [run.info.run_id for run in found] == ["b", "a", "a2"]

    def test_a_page_of_nothing_has_no_next(self, store: Store) -> None:
        fill(store)
        page = ask(store, lambda r: r.search_runs(run_search("metrics.acc > 1e9")))
        assert (list(page.items), page.next_token) == ([], None)

    @pytest.mark.parametrize("token", ["x", "bm90IGpzb24=", "é", "W10=", "WzEsW11d"])
    def test_a_token_that_no_search_gave_is_refused(self, store: Store, token: str) -> None:
        fill(store)
        with pytest.raises(InvalidParameter, match="nvalid page token"):
            ask(store, lambda r: r.search_runs(run_search(page_token=token)))

    def test_a_token_of_another_order_of_runs_is_refused(self, store: Store) -> None:
        fill(store)
        token = ask(store, lambda r: r.search_runs(run_search("", "end_time", limit=1))).next_token
        other = run_search("", "metrics.acc", page_token=token)
        with pytest.raises(InvalidParameter, match="page token"):
            ask(store, lambda r: r.search_runs(other))

    def test_a_filter_may_be_large(self, store: Store) -> None:
        fill(store)
        many = " AND ".join(f"metrics.acc != {i}" for i in range(1, 490))
        assert found_runs(store, many) == ["c", "b", "a"]
        listed = ", ".join(f"'{i}'" for i in range(9_000))
        assert found_runs(store, f"params.depth IN ({listed})") == ["b", "a"]
        deep = "(tags.team = 'x' OR NOT (metrics.acc > 9 AND " * 10 + "loss" + "))" * 10
        assert found_runs(store, deep.replace("loss", "params.depth = '3'")) == list("dcba")

    def test_an_order_may_have_many_keys(self, store: Store) -> None:
        fill(store)
        keys = [f"metrics.m{i}" for i in range(10)] + [f"params.p{i}" for i in range(10)]
        question = run_search("", *keys, *(f"tags.t{i}" for i in range(12)), limit=1)
        with store.read("default") as reader:
            parts = list(pages(reader.search_runs, question))
        assert [run.info.run_id for part in parts for run in part] == ["d", "c", "b", "a"]
