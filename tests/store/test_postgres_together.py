"""Several servers on one database: nothing is lost or doubled, nobody waits in a circle."""

import itertools
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest

from millpond.domain.experiments import Stage
from millpond.domain.metrics import Point
from millpond.domain.runs import RunStatus
from millpond.errors import (
    AlreadyExists,
    BadRequest,
    InvalidParameter,
    MillpondError,
    Unavailable,
)
from millpond.registry.model_versions import create_version
from millpond.registry.sources import SourceRules
from millpond.store import migrations
from millpond.store.contract import DEFAULT_WORKSPACE
from millpond.store.postgres import PostgresStore, adding, writer
from millpond.store.postgres.commit_marks import CommitMark
from millpond.store.postgres.writer_session import WriterSession
from millpond.testing.store_contract.registry import register
from millpond.testing.store_contract.samples import (
    SOON_S,
    ask,
    do,
    experiment,
    params,
    run_info,
    run_search,
    start_run,
    tags,
)
from millpond.tracking import actions as tracking
from tests.postgres_server import PostgresServer, compact

ROOT = Path(__file__).parents[2]


@pytest.fixture
def stores(database):
    """Three servers' stores."""
    with ExitStack() as stack:
        yield [stack.enter_context(closing(PostgresStore(database))) for _ in range(3)]


def log(store, run_id, *steps, key="m"):
    points = [Point(key, float(step), step, step) for step in steps]
    do(store, tracking.log_batch(run_id, tracking.Batch(points)))


def log_here(store, run_id, step):
    """On this thread if nobody else writes."""
    action = tracking.log_metric(run_id, Point("m", float(step), step, step))
    answer = store.write_here(DEFAULT_WORKSPACE, action) or store.write(DEFAULT_WORKSPACE, action)
    answer.result(SOON_S)


def steps(store, run_id="r1", key="m"):
    return [point.step for point in ask(store, lambda r: r.history(run_id, key).points())]


def create(run_id, experiment_id=1, **values):
    return tracking.create_run(run_id, experiment_id, "", "otter", "alice", 5, tags(**values))


def count_up(run_id="r1"):
    """An action that loses an update if another one slips in between."""

    def act(tx):
        before = int(tx.tag(run_id, "count") or 0)
        tx.set_tags(run_id, tags(count=str(before + 1)))
        return before

    return act


def counted(store, run_id="r1"):
    return int(next(t.value for t in ask(store, lambda r: r.run(run_id)).tags if t.key == "count"))


def deadlocks(url):
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()[0]


def at_once(*works):
    """Run them on threads of their own; raises what the first of them raises."""
    with ThreadPoolExecutor(len(works)) as threads:
        for done in [threads.submit(work) for work in works]:
            done.result()


def test_what_one_server_answered_all_others_know(stores):
    first, second, third = stores
    start_run(first)
    log(second, "r1", 1)
    log(first, "r1", 2)
    assert steps(third) == [1, 2]
    do(first, tracking.delete_run("r1", 9))
    with pytest.raises(MillpondError, match="active"):
        log(second, "r1", 3)
    do(third, tracking.restore_run("r1"))
    log(second, "r1", 4)
    do(second, lambda tx: tx.change_runs_stage(1, Stage.DELETED, 5))
    for store in stores:
        with pytest.raises(MillpondError, match="active"):
            log(store, "r1", 5)
    assert steps(first) == [1, 2, 4]


def test_a_run_that_another_server_changed_is_seen_as_it_is(stores):
    first, second, _ = stores
    start_run(first)
    log(second, "r1", 1)
    do(first, tracking.update_run("r1", RunStatus.FINISHED, 77, "renamed"))
    info = do(second, lambda tx: tx.run_info("r1"))
    assert (info.name, info.status, info.end_ms) == ("renamed", RunStatus.FINISHED, 77)


def test_no_update_is_lost(stores, database):
    start_run(stores[0])

    def work(store):
        return lambda: [do(store, count_up()) for _ in range(40)]

    at_once(*[work(store) for store in stores for _ in range(2)])
    assert counted(stores[0]) == 240
    assert deadlocks(database) == 0


def test_points_of_all_servers_in_the_same_runs_are_all_kept(stores, database):
    for number in range(4):
        start_run(stores[0], f"r{number}")
    serial = itertools.count()

    def work(store, forwards):
        def write():
            for _ in range(30):
                runs = [f"r{number}" for number in range(4)]
                answers = []
                for run_id in runs if forwards else reversed(runs):
                    step = next(serial)
                    batch = tracking.Batch([Point(key, 1.0, step, step) for key in "abc"])
                    answers.append(
                        store.write(DEFAULT_WORKSPACE, tracking.log_batch(run_id, batch))
                    )
                for answer in answers:
                    answer.result(SOON_S)

        return write

    stop = threading.Event()

    def keep_compacting():
        while not stop.is_set():
            compact(stores[0])

    def write_all():
        try:
            at_once(*[work(store, number % 2) for number, store in enumerate(stores * 2)])
        finally:
            stop.set()

    at_once(write_all, keep_compacting)
    found = sorted(step for number in range(4) for step in steps(stores[1], f"r{number}", "b"))
    assert found == list(range(30 * 4 * 6))
    for number in range(4):
        summaries = ask(stores[2], lambda r, n=number: r.metric_summaries(f"r{n}"))
        assert {summary.points for summary in summaries} == {180}
        assert {summary.latest.step for summary in summaries} == {
            max(steps(stores[2], f"r{number}", "a"))
        }
    assert deadlocks(database) == 0


def test_logging_while_others_change_the_same_runs_never_deadlocks(stores, database):
    runs = [f"r{number}" for number in range(4)]
    for run_id in runs:
        start_run(stores[0], run_id)
    serial = itertools.count()
    logged = {run_id: [] for run_id in runs}

    def write(store):
        for _ in range(40):
            answers = []
            for run_id in runs:
                step = next(serial)
                action = tracking.log_batch(run_id, tracking.Batch([Point("m", 1.0, step, step)]))
                answers.append((run_id, step, store.write(DEFAULT_WORKSPACE, action)))
            for run_id, step, answer in answers:
                if answer.exception(SOON_S) is None:
                    logged[run_id].append(step)
                else:
                    assert isinstance(answer.exception(), BadRequest | InvalidParameter)

    def change(store, order):
        for number in range(40):
            answers = [
                store.write(
                    DEFAULT_WORKSPACE,
                    tracking.update_run(run_id, RunStatus.RUNNING, None, f"name {number}"),
                )
                for run_id in order
            ]
            for answer in answers:
                answer.exception(SOON_S)
            do(store, lambda tx: (tx.run(order[0]), tx.append_points(order[-1], [])))

    def delete_and_restore(store):
        for _ in range(20):
            do(store, tracking.delete_run("r2", 5))
            do(store, tracking.restore_run("r2"))

    at_once(
        lambda: write(stores[0]),
        lambda: write(stores[1]),
        lambda: change(stores[1], runs),
        lambda: change(stores[2], runs[::-1]),
        lambda: delete_and_restore(stores[2]),
    )
    for run_id in runs:
        assert steps(stores[0], run_id) == sorted(logged[run_id])
    assert deadlocks(database) == 0


def test_a_name_a_param_and_a_number_are_given_once(stores):
    start_run(stores[0], experiment_id=do(stores[0], lambda tx: tx.new_experiment_id()))
    outcomes = []

    def race(store, number):
        for turn in range(15):
            try:
                answer = do(store, tracking.create_experiment(f"name {turn}", "", [], "a:", 5))
            except AlreadyExists:
                answer = None
            outcomes.append((turn, answer))
            try:
                do(
                    store,
                    tracking.log_batch(
                        "r1", tracking.Batch([], params(**{f"p{turn}": str(number)}))
                    ),
                )
                outcomes.append((f"p{turn}", str(number)))
            except MillpondError:
                pass

    at_once(*[lambda s=store, n=number: race(s, n) for number, store in enumerate(stores)])
    made = [answer for turn, answer in outcomes if isinstance(turn, int) and answer is not None]
    assert sorted(made) == sorted(set(made))
    assert len(made) == 15
    won = {key: value for key, value in outcomes if isinstance(key, str)}
    assert len([key for key, _ in outcomes if isinstance(key, str)]) == 15
    run = ask(stores[0], lambda r: r.run("r1"))
    assert {param.key: param.value for param in run.params} == won


def test_runs_that_all_servers_add_at_once_are_all_kept_once(stores, database):
    do(stores[0], lambda tx: tx.add_experiment(experiment(1)))

    def write(store, first):
        for turn in range(20):
            run_ids = [f"r{first + 10 * turn + place}" for place in range(10)]
            answers = [
                store.write(DEFAULT_WORKSPACE, create(run_id, number=run_id)) for run_id in run_ids
            ]
            for answer in answers:
                answer.result(SOON_S)
            for run_id in run_ids:
                store.write(DEFAULT_WORKSPACE, tracking.log_metric(run_id, Point("m", 1.0, 1)))
            do(store, tracking.set_tag(run_ids[turn % 10], tags(late="1")[0]))

    at_once(*[lambda n=n, s=store: write(s, 1_000 * n) for n, store in enumerate(stores)])
    found = ask(stores[0], lambda r: r.search_runs(run_search(limit=1_000))).items
    assert len(found) == len({run.info.run_id for run in found}) == 600
    for run in found:
        values = {tag.key: tag.value for tag in run.tags}
        assert values["number"] == run.info.run_id
        assert [point.value for point in run.metrics] == [1.0]
    assert sum("late" in {tag.key for tag in run.tags} for run in found) == 60
    assert deadlocks(database) == 0


def test_no_run_slips_into_an_experiment_that_is_deleted(stores, database):
    do(stores[0], lambda tx: tx.add_experiment(experiment(1)))
    stop = threading.Event()
    made, refused = [], []

    def write(store, number):
        for turn in itertools.count():
            if stop.is_set():
                return
            run_id = f"r{number}-{turn}"
            answer = store.write(DEFAULT_WORKSPACE, create(run_id))
            (made if answer.exception(SOON_S) is None else refused).append(run_id)

    def delete_and_look():
        try:
            for turn in range(20):
                do(stores[2], tracking.delete_experiment(1, 5))
                found = ask(stores[2], lambda r: r.search_runs(run_search(limit=50_000)))
                assert list(found.items) == []
                do(stores[2], tracking.restore_experiment(1, 6))
                do(stores[2], create(f"between {turn}"))
        finally:
            stop.set()

    at_once(delete_and_look, *[lambda n=n, s=s: write(s, n) for n, s in enumerate(stores[:2])])
    found = ask(stores[0], lambda r: r.search_runs(run_search(limit=50_000))).items
    assert {run.info.run_id for run in found} == {*made, *(f"between {n}" for n in range(20))}
    assert made
    assert deadlocks(database) == 0


def test_an_experiment_that_another_server_changed_is_seen_as_it_is(stores):
    first, second, _ = stores
    do(first, tracking.create_experiment("churn", "", tags(team="a"), "a:", 5))
    seen = [do(second, lambda tx: tx.experiment(1))]
    do(first, tracking.set_experiment_tag(1, tags(team="b")[0]))
    seen.append(do(second, lambda tx: tx.experiment(1)))
    do(first, tracking.delete_experiment_tag(1, "team"))
    seen.append(do(second, lambda tx: tx.experiment(1)))
    do(first, tracking.rename_experiment(1, "loyal", 9))
    seen.append(do(second, lambda tx: tx.experiment(1)))
    assert [one.tags for one in seen] == [tags(team="a"), tags(team="b"), (), ()]
    assert [one.name for one in seen] == ["churn"] * 3 + ["loyal"]


def test_versions_of_a_model_are_numbered_once(stores, database):
    register(stores[0], "churn")
    numbers = []

    def race(store):
        for _ in range(20):
            make = create_version(
                "churn", "s3://bucket/model", None, None, "", "", (), SourceRules(), 5
            )
            numbers.append(do(store, make).version)

    at_once(*[lambda s=store: race(s) for store in stores])
    assert sorted(numbers) == list(range(1, 61))
    assert deadlocks(database) == 0


def test_the_same_new_names_at_once_are_one_name(stores):
    for number in range(3):
        start_run(stores[number], f"r{number}")
    together = threading.Barrier(3)

    def write(number):
        for turn in range(10):
            names = [f"{turn} {name}" for name in range(50)]
            together.wait(SOON_S)
            points = [Point(name, 1.0, 1, 1) for name in names[:: 1 if number else -1]]
            do(stores[number], lambda tx, p=points: tx.append_points(f"r{number}", p))

    at_once(*[lambda n=number: write(n) for number in range(3)])
    for number in range(3):
        run = ask(stores[0], lambda r, n=number: r.run(f"r{n}"))
        assert len(run.metrics) == 500


WRITER = """
import sys
from contextlib import closing
from millpond.store.postgres import PostgresStore
from millpond.testing.store_contract.samples import do
from tests.store.test_postgres_together import count_up, log

with closing(PostgresStore(sys.argv[1])) as store:
    first = int(sys.argv[2])
    for number in range(60):
        log(store, "r1", first + number)
        do(store, count_up())
"""


def test_processes_write_at_once(database):
    with closing(PostgresStore(database)) as store:
        start_run(store)
        writers = [
            subprocess.Popen([sys.executable, "-c", WRITER, database, str(first)], cwd=ROOT)
            for first in (0, 60, 120)
        ]
        assert [writer.wait(60) for writer in writers] == [0, 0, 0]
        assert steps(store) == list(range(180))
        assert counted(store) == 180
    assert deadlocks(database) == 0


def test_servers_that_start_at_once_make_the_tables_once(postgres):
    with postgres.empty_database() as url, ExitStack() as stack:
        together = threading.Barrier(4)
        opened = []

        def start():
            together.wait(SOON_S)
            opened.append(PostgresStore(url))

        at_once(start, start, start, start)
        for store in opened:
            stack.enter_context(closing(store))
        start_run(opened[0])
        assert ask(opened[3], lambda r: r.run_info("r1")) is not None


# faults


def test_a_connection_lost_during_a_commit_of_changes_leaves_no_doubt(stores, monkeypatch):
    start_run(stores[0])
    end, moments = WriterSession.end, iter(["before", "after", "before", "after", ""])

    def end_badly(session, word):
        moment = next(moments, "") if word == "COMMIT" else ""
        if moment == "before":
            session.connection.close()
        end(session, word) if moment != "before" else session.say(word)
        if moment == "after":
            session.connection.close()
            raise psycopg.OperationalError("the connection is lost")

    monkeypatch.setattr(WriterSession, "end", end_badly)
    assert [do(stores[0], count_up()) for _ in range(4)] == [0, 1, 2, 3]
    assert counted(stores[1]) == 4


@pytest.fixture
def lossy_commits(monkeypatch):
    """Commits that only add lose their connection, once before they are sent and once after."""
    commit, moments = adding.commit, itertools.cycle(["before", "after", "", ""])

    def commit_badly(session, buffer, mark):
        moment = next(moments)
        if moment == "before":
            session.connection.close()
        version = commit(session, buffer, mark)
        if moment == "after":
            session.connection.close()
            raise psycopg.OperationalError("the connection is lost")
        return version

    monkeypatch.setattr(adding, "commit", commit_badly)


def test_a_connection_lost_during_a_points_commit_leaves_no_doubt(stores, lossy_commits):
    start_run(stores[0])
    for step in range(8):
        log(stores[0], "r1", step)
    assert steps(stores[1]) == list(range(8))
    # A commit that was done twice would have counted twice.
    (summary,) = ask(stores[1], lambda r: r.metric_summaries("r1"))
    assert summary.points == 8


def test_a_connection_lost_while_runs_are_added_leaves_no_doubt(stores, lossy_commits):
    do(stores[0], lambda tx: tx.add_experiment(experiment(1)))
    for number in range(8):
        do(stores[0], create(f"r{number}"))
        log(stores[0], f"r{number}", 5)
    found = ask(stores[1], lambda r: r.search_runs(run_search())).items
    assert sorted(run.info.run_id for run in found) == [f"r{number}" for number in range(8)]
    assert {run.metrics[0].step for run in found} == {5}


def test_a_mark_that_was_laid_down_unheard_tells_nothing_wrong(stores, monkeypatch):
    """The answer to the question whether a commit happened may be lost as well."""
    start_run(stores[0])
    lay_down, commit = CommitMark.lay_down, adding.commit
    lost = iter([True, True, False] * 2)
    moments = iter(["before", "after"])

    def lay_down_unheard(mark, connection):
        if next(lost, False):
            before = mark._number
            lay_down(mark, connection)
            mark._number = before
            raise psycopg.OperationalError("the connection is lost")
        return lay_down(mark, connection)

    def commit_badly(session, buffer, mark):
        moment = next(moments, "")
        if moment != "before":
            version = commit(session, buffer, mark)
        if moment:
            session.connection.close()
            raise psycopg.OperationalError("the connection is lost")
        return version

    monkeypatch.setattr(CommitMark, "lay_down", lay_down_unheard)
    monkeypatch.setattr(adding, "commit", commit_badly)
    for step in range(4):
        log(stores[0], "r1", step)
    assert steps(stores[1]) == [0, 1, 2, 3]
    (summary,) = ask(stores[1], lambda r: r.metric_summaries("r1"))
    assert summary.points == 4


def test_connections_cut_at_random_moments_lose_and_double_nothing(stores, database):
    start_run(stores[0])
    stop = threading.Event()
    kept = []

    def cut():
        with psycopg.connect(database, autocommit=True) as connection:
            while not stop.wait(0.03):
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                    "datname = current_database() AND application_name = 'millpond' "
                    "AND random() < 0.3"
                )

    def write(number, store):
        for turn in range(60):
            step = 1_000 * number + turn
            log(store, "r1", step)
            do(store, count_up())
            do(store, create(f"made {step}"))
            kept.append(step)

    def write_all():
        try:
            at_once(*[lambda n=n, s=store: write(n, s) for n, store in enumerate(stores)])
        finally:
            stop.set()

    at_once(write_all, cut)
    assert counted(stores[0]) == 180
    assert steps(stores[0]) == sorted(kept)
    (summary,) = ask(stores[0], lambda r: r.metric_summaries("r1"))
    assert summary.points == 180
    found = ask(stores[0], lambda r: r.search_runs(run_search(limit=1_000))).items
    assert sorted(run.info.run_id for run in found) == sorted(
        ["r1", *(f"made {step}" for step in kept)]
    )


@pytest.fixture(scope="module")
def durable():
    """A server that waits for the disk, and may be ended as long as it is started again."""
    server = PostgresServer(is_durable=True)
    yield server
    server.remove()


@pytest.fixture
def mortal(durable, monkeypatch):
    """The same, and stores that wait for it only for a moment."""
    monkeypatch.setattr(writer, "_PATIENCE_S", 0.5)
    monkeypatch.setattr(writer, "_DOUBT_PATIENCE_S", 1.0)
    return durable


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_a_database_that_dies_under_load_loses_nothing_that_was_answered(mortal, how):
    with mortal.empty_database() as url, ExitStack() as stack:
        stores = [stack.enter_context(closing(PostgresStore(url))) for _ in range(2)]
        start_run(stores[0])
        stop = threading.Event()
        kept, refused, slowest = [], {}, [0.0]

        def write(number, store):
            for turn in itertools.count():
                if stop.is_set():
                    return
                step = 1_000_000 * number + turn
                began_s = time.monotonic()
                try:
                    log_here(store, "r1", step)
                    kept.append(step)
                except Unavailable as error:
                    refused[step] = str(error)
                    time.sleep(0.02)
                slowest[0] = max(slowest[0], time.monotonic() - began_s)

        def end_and_start():
            try:
                # Once it comes back soon enough, once it does not.
                for away_s in (0.0, 2.5):
                    time.sleep(0.3)
                    getattr(mortal, how)()
                    time.sleep(away_s)
                    mortal.start()
                    before = len(kept)
                    give_up_s = time.monotonic() + 20
                    while len(kept) < before + 20:
                        assert time.monotonic() < give_up_s, list(refused.values())[-3:]
                        time.sleep(0.01)
            finally:
                stop.set()

        # One server has one client alone, the other has three.
        clients = [stores[0], stores[1], stores[1], stores[1]]
        writers = [lambda n=n, s=store: write(n, s) for n, store in enumerate(clients)]
        at_once(end_and_start, *writers)
        found = steps(stores[0])
        assert steps(stores[1]) == found
        assert set(kept) <= set(found)
        assert refused
        doubtful = {step for step, words in refused.items() if "not known" in words}
        assert set(found) - set(kept) <= doubtful
        assert slowest[0] < 8
        # Nothing was counted twice either.
        (summary,) = ask(stores[1], lambda r: r.metric_summaries("r1"))
        assert summary.points == len(found)


def test_while_the_database_is_away_everything_is_refused_within_seconds(mortal):
    with mortal.empty_database() as url, closing(PostgresStore(url)) as store:
        start_run(store)
        mortal.kill()
        for _ in range(3):
            began_s = time.monotonic()
            with pytest.raises(Unavailable):
                do(store, tracking.log_metric("r1", Point("m", 1.0, 1)))
            with pytest.raises(Unavailable):
                ask(store, lambda r: r.run("r1"))
            assert time.monotonic() - began_s < 4
        mortal.start()
        log(store, "r1", 5)
        assert steps(store) == [5]


def test_a_text_that_postgresql_cannot_keep_is_refused_alone(stores):
    start_run(stores[0])
    answers = [
        stores[0].write(DEFAULT_WORKSPACE, lambda tx, v=value: tx.set_tags("r1", tags(a=v)))
        for value in ("1", "a\0b", "2")
    ]
    assert isinstance(answers[1].exception(SOON_S), InvalidParameter)
    assert "NUL" in str(answers[1].exception())
    assert [answers[i].exception(SOON_S) for i in (0, 2)] == [None, None]


def test_a_run_that_postgresql_cannot_keep_is_refused_alone_among_others(stores):
    do(stores[0], lambda tx: tx.add_experiment(experiment(1)))
    texts = {"r1": "good", "r2": "a\0b", "r3": "also good", "r4": "half a \ud800", "r5": "fine"}
    gate = threading.Event()
    stores[0].write(DEFAULT_WORKSPACE, lambda tx: gate.wait(SOON_S))
    answers = {
        run_id: stores[0].write(DEFAULT_WORKSPACE, create(run_id, text=text))
        for run_id, text in texts.items()
    }
    # An action that needs the turn must not be blamed for what others brought.
    tagged = stores[0].write(
        DEFAULT_WORKSPACE, lambda tx: tx.set_experiment_tag(1, tags(seen="1")[0])
    )
    gate.set()
    assert tagged.exception(SOON_S) is None
    kept = {run_id for run_id, answer in answers.items() if answer.exception(SOON_S) is None}
    assert kept == {"r1", "r3", "r5"}
    assert isinstance(answers["r2"].exception(), InvalidParameter)
    assert "NUL" in str(answers["r2"].exception())
    found = ask(stores[1], lambda r: r.search_runs(run_search())).items
    assert {run.info.run_id for run in found} == kept


def test_a_failing_statement_fails_its_action_alone(stores):
    start_run(stores[0])
    too_large = run_info("r9", start_ms=1 << 70)
    bad = stores[0].write(DEFAULT_WORKSPACE, lambda tx: tx.add_run(too_large, ()))
    good = stores[0].write(DEFAULT_WORKSPACE, lambda tx: tx.set_tags("r1", tags(a="1")))
    assert isinstance(bad.exception(SOON_S), Unavailable)
    good.result(SOON_S)
    assert ask(stores[0], lambda r: r.run("r9")) is None


def test_another_encoding_is_refused_by_name(postgres):
    options = "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
    with (
        postgres.empty_database(options) as url,
        pytest.raises(Unavailable, match=r"LATIN1.*UTF8"),
    ):
        PostgresStore(url)


def test_a_newer_database_is_left_alone(database):
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    try:
        with pytest.raises(Unavailable, match=r"newer Millpond .*9999"):
            PostgresStore(database)
    finally:
        with psycopg.connect(database) as connection:
            connection.execute("UPDATE alembic_version SET version_num = %s", [migrations.HEAD])


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://alice:geheim@127.0.0.1:1/x",
        "postgresql://alice:geheim@[bad/x",
        "postgresql://127.0.0.1:1/x?user=alice&password=geheim",
        "postgresql://alice:geheim@127.0.0.1:1/x?nonsense=1",
        "geheim",
    ],
)
def test_a_password_is_never_shown(url):
    with pytest.raises(MillpondError) as refused:
        PostgresStore(url)
    text = str(refused.value)
    error = refused.value.__cause__
    while error is not None:
        text += str(error) + repr(error)
        error = error.__cause__
    assert "geheim" not in text


def test_experiments_made_by_all_are_found_by_all(stores):
    for number, store in enumerate(stores):
        do(store, lambda tx, n=number: tx.add_experiment(experiment(n + 1)))
    for store in stores:
        assert ask(store, lambda r: r.experiment(3)) is not None
