"""Promises about writing and reading as such: whole or not at all, in order, one moment."""

import threading
import time
from typing import Any

import pytest

from millpond.domain.experiments import Stage
from millpond.domain.metrics import Point
from millpond.errors import AlreadyExists, DoesNotExist, Unavailable
from millpond.store.contract import DEFAULT_WORKSPACE, Store, Transaction
from millpond.store.pending import Pending
from millpond.testing.store_contract.samples import (
    SOON_S,
    ask,
    do,
    experiment,
    logged_model,
    params,
    run_info,
    start_run,
    tags,
)


class WritingContract:
    """Actions, futures, moments, workspaces, the end."""

    def test_what_an_action_returns_is_the_answer(self, store: Store) -> None:
        assert do(store, lambda tx: "done") == "done"

    def test_what_an_action_raises_is_the_answer(self, store: Store) -> None:
        def act(tx: Transaction) -> None:
            raise LookupError("no such thing")

        with pytest.raises(LookupError, match="no such thing"):
            do(store, act)

    def test_an_action_that_fails_leaves_nothing_behind(self, store: Store) -> None:
        start_run(store, "r1")
        do(store, lambda tx: tx.add_model(logged_model("m1")))

        def act(tx: Transaction) -> None:
            tx.add_experiment(experiment(tx.new_experiment_id() + 100, "short-lived"))
            tx.change_experiment(1, last_update_ms=9, name="renamed", stage=Stage.DELETED)
            tx.set_experiment_tag(1, tags(a="1")[0])
            tx.change_run("r1", name="renamed", end_ms=9)
            tx.change_run_stage("r1", Stage.DELETED, 9)
            tx.append_points("r1", [Point("m", 1.0, 1, model_id="m1")])
            tx.add_params("r1", params(a="1"))
            tx.set_tags("r1", tags(a="1"))
            tx.add_run(run_info("r2"), tags(a="1"))
            tx.append_points("r2", [Point("m", 1.0, 1)])
            tx.add_model_params("m1", params(a="1"))
            tx.set_model_tags("m1", tags(a="1"))
            tx.add_model(logged_model("m2"))
            assert tx.history("r1", "m").points() != []
            raise AlreadyExists("and now it fails")

        before = ask(store, lambda r: (r.experiment(1), r.run("r1"), r.model("m1")))
        with pytest.raises(AlreadyExists):
            do(store, act)
        assert ask(store, lambda r: (r.experiment(1), r.run("r1"), r.model("m1"))) == before
        assert ask(store, lambda r: r.history("r1", "m").points()) == []
        assert ask(store, lambda r: r.experiment_named("short-lived")) is None
        assert ask(store, lambda r: (r.run("r2"), r.run_info("r2"), r.model("m2"))) == (None,) * 3

    def test_runs_of_one_commit_fail_alone(self, store: Store) -> None:
        """Runs may be gathered for a commit; what fails between them takes only its own."""
        start_run(store, "r0")
        # Long enough that what follows goes into one commit.
        store.write(DEFAULT_WORKSPACE, lambda tx: time.sleep(0.2))

        def make(run_id: str, looks: bool, fails: bool) -> Pending[int]:
            def act(tx: Transaction) -> int:
                if looks:
                    tx.set_tags("r0", tags(seen=run_id))
                tx.add_run(run_info(run_id), tags(a="1"))
                tx.append_points(run_id, [Point("m", 1.0, 1)])
                if looks:
                    tx.change_run(run_id, name="renamed")
                    tx.add_run(run_info(f"{run_id}-child"), tags(b="2"))
                if fails:
                    raise LookupError(run_id)
                return len(tx.metric_summaries(run_id))

            return store.write(DEFAULT_WORKSPACE, act)

        cases = [(looks, fails) for fails in (False, True, False) for looks in (False, True, False)]
        answers = [make(f"r{n}", *case) for n, case in enumerate(cases, 1)]
        for (_, fails), answer in zip(cases, answers, strict=True):
            if fails:
                assert isinstance(answer.exception(SOON_S), LookupError)
            else:
                assert answer.result(SOON_S) == 1
        for number, (looks, fails) in enumerate(cases, 1):
            run = ask(store, lambda r, n=number: r.run(f"r{n}"))  # type: ignore[misc]
            child = ask(store, lambda r, n=number: r.run(f"r{n}-child"))  # type: ignore[misc]
            assert (run is not None, child is not None) == (not fails, looks and not fails)
            if run is not None:
                assert run.info.name == ("renamed" if looks else run_info(f"r{number}").name)
                assert (run.tags, len(run.metrics)) == (tags(a="1"), 1)
        seen = ask(store, lambda r: r.run("r0")).tags  # type: ignore[union-attr]
        assert seen == tags(seen=f"r{len(cases) - 1}")

    def test_what_failed_can_be_done_again(self, store: Store) -> None:
        start_run(store, "r1")

        def act(tx: Transaction) -> None:
            tx.append_points("r1", [Point("new key", 1.0, 1, dataset_name="d")])
            tx.add_params("r1", params(new="1"))
            tx.add_run(run_info("r2"), tags(other="1"))
            if failing:
                raise LookupError

        failing = True
        with pytest.raises(LookupError):
            do(store, act)
        failing = False
        do(store, act)
        run = ask(store, lambda r: r.run("r1"))
        assert run is not None
        assert run.params == params(new="1")
        points = ask(store, lambda r: r.history("r1", "new key").points())
        assert points == [Point("new key", 1.0, 1, dataset_name="d")]
        assert ask(store, lambda r: r.run("r2")) is not None

    def test_an_action_sees_what_it_changed_itself(self, store: Store) -> None:
        def act(tx: Transaction) -> None:
            tx.add_experiment(experiment(1))
            tx.add_run(run_info("r1"), tags(a="1"))
            tx.append_points("r1", [Point("m", 2.0, 1)])
            tx.set_tags("r1", tags(b="2"))
            tx.change_run("r1", name="new name")
            run = tx.run("r1")
            assert run is not None
            assert run.metrics == (Point("m", 2.0, 1),)
            assert run.tags == tags(a="1", b="2")
            assert run.info.name == "new name"
            tx.append_points("r1", [Point("m", 3.0, 2)])
            assert tx.history("r1", "m").points() == [Point("m", 2.0, 1), Point("m", 3.0, 2)]
            assert tx.tag("r1", "b") == "2"

        do(store, act)
        assert len(ask(store, lambda r: r.history("r1", "m").points())) == 2

    def test_actions_happen_in_the_order_they_were_queued(self, store: Store) -> None:
        start_run(store, "r1")

        def set_to(value: str) -> Pending[str | None]:
            def act(tx: Transaction) -> str | None:
                before = tx.tag("r1", "a")
                tx.set_tags("r1", tags(a=value))
                return before

            return store.write(DEFAULT_WORKSPACE, act)

        answers = [set_to(str(i)) for i in range(50)]
        assert [answer.result(SOON_S) for answer in answers] == [None, *map(str, range(49))]

    def test_a_read_sees_every_write_that_was_answered(self, store: Store) -> None:
        start_run(store, "r1")
        for i in range(20):
            do(store, lambda tx, i=i: tx.append_points("r1", [Point("m", i, i)]))  # type: ignore[misc]
            assert len(ask(store, lambda r: r.history("r1", "m").points())) == i + 1

    def test_a_reader_sees_one_moment(self, store: Store) -> None:
        start_run(store, "r1")
        with store.read(DEFAULT_WORKSPACE) as reader:
            before = reader.run("r1")
            do(store, lambda tx: tx.append_points("r1", [Point("m", 1.0, 1)]))
            do(store, lambda tx: tx.set_tags("r1", tags(a="1")))
            assert reader.run("r1") == before
            assert reader.history("r1", "m").points() == []
        assert ask(store, lambda r: r.run("r1")) != before

    def test_many_readers_look_at_once(self, store: Store) -> None:
        start_run(store, "r1")
        together = threading.Barrier(8, timeout=SOON_S)
        seen: list[Any] = []

        def look() -> None:
            with store.read(DEFAULT_WORKSPACE) as reader:
                together.wait()
                seen.append(reader.run("r1"))

        threads = [threading.Thread(target=look) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SOON_S)
        assert seen == [ask(store, lambda r: r.run("r1"))] * 8

    def test_a_reader_that_failed_spoils_no_other(self, store: Store) -> None:
        start_run(store, "r1")
        with pytest.raises(ZeroDivisionError):
            ask(store, lambda r: (r.run("r1"), 1 / 0))
        do(store, lambda tx: tx.set_tags("r1", tags(a="1")))
        run = ask(store, lambda r: r.run("r1"))
        assert run is not None
        assert run.tags == tags(a="1")

    def test_the_default_workspace_is_there_from_the_start(self, store: Store) -> None:
        assert DEFAULT_WORKSPACE in store.workspaces()

    def test_a_workspace_that_nobody_made_is_refused(self, store: Store) -> None:
        with pytest.raises(DoesNotExist, match="nowhere"), store.read("nowhere"):
            pass
        with pytest.raises(DoesNotExist, match="nowhere"):
            store.write("nowhere", lambda tx: None)

    def test_the_statistics_count_the_writes(self, store: Store) -> None:
        before = store.statistics()["writes_total"]
        do(store, lambda tx: tx.add_experiment(experiment(1)))
        assert store.statistics()["writes_total"] == before + 1
        assert store.statistics()["queued_bytes"] == 0

    def test_closing_finishes_what_was_queued_and_refuses_the_rest(self, store: Store) -> None:
        answers = [
            store.write(DEFAULT_WORKSPACE, lambda tx, i=i: tx.add_experiment(experiment(i)))  # type: ignore[misc]
            for i in range(1, 30)
        ]
        store.close()
        assert [answer.result(0) for answer in answers] == [None] * 29
        with pytest.raises(Unavailable):
            store.write(DEFAULT_WORKSPACE, lambda tx: None)

    def test_closing_twice_is_closing_once(self, store: Store) -> None:
        store.close()
        store.close()
