"""Many writers share one commit; each gets its own answer, and a failure harms no other."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from millpond.domain.metrics import Point
from millpond.errors import DoesNotExist, MillpondError, Overloaded, Unavailable
from millpond.store import sqlite
from millpond.store.contract import DEFAULT_WORKSPACE
from millpond.store.group_commit import CommitAgain, GroupCommit, TransactionLost
from millpond.store.sqlite import SqliteStore
from millpond.testing.store_contract.samples import (
    SOON_S,
    ask,
    do,
    params,
    run_info,
    start_run,
    tags,
)
from millpond.tracking import actions as tracking
from tests.store.sqlite_files import compact, copy_of, quick_folder


@pytest.fixture
def folder():
    with quick_folder() as folder:
        yield folder


@pytest.fixture
def store(folder):
    with closing(SqliteStore(folder)) as store:
        yield store


@contextmanager
def held(store):
    """The writer waits inside an action; what is queued meanwhile shares the next commit."""
    gate, inside = threading.Event(), threading.Event()

    def wait(tx):
        inside.set()
        gate.wait(SOON_S)

    store.write(DEFAULT_WORKSPACE, wait)
    assert inside.wait(SOON_S)
    try:
        yield
    finally:
        gate.set()


def log(store, *values, run_id="r1", then=None):
    """Queue points of metric ``m``, each at the step and time of its value; then maybe more."""

    def act(tx):
        tx.append_points(run_id, [Point("m", float(v), v, v) for v in values])
        if then is not None:
            then(tx)

    return store.write(DEFAULT_WORKSPACE, act)


def fail(tx):
    raise DoesNotExist("this one fails")


def look_and_fail(tx):
    assert tx.run("r1") is not None
    fail(tx)


def logged(store, run_id="r1"):
    return [point.step for point in ask(store, lambda r: r.history(run_id, "m").points())]


def latest(store, run_id="r1"):
    return [point.step for point in ask(store, lambda r: r.run(run_id)).metrics]


def commits(store):
    return store.statistics()["commits_total"]


def test_what_queues_up_during_a_commit_shares_the_next(store):
    start_run(store)
    before = commits(store)
    with held(store):
        answers = [log(store, i) for i in range(100)]
    assert [answer.result(SOON_S) for answer in answers] == [None] * 100
    assert commits(store) - before == 2
    assert logged(store) == list(range(100))


def test_more_than_one_commit_takes_what_is_too_much_for_one(store, monkeypatch):
    monkeypatch.setattr("millpond.store.group_commit.MAX_ACTIONS_PER_COMMIT", 10)
    start_run(store)
    with held(store):
        answers = [log(store, i) for i in range(35)]
    assert [answer.result(SOON_S) for answer in answers] == [None] * 35
    assert logged(store) == list(range(35))


def test_a_bad_action_fails_alone(store):
    start_run(store)
    before = commits(store)
    with held(store):
        good = log(store, 1)
        bad = log(store, 2, then=fail)
        unknown = store.write(
            DEFAULT_WORKSPACE, tracking.log_metric("nobody", Point("m", 9.0, 9, 9))
        )
        also_good = log(store, 3)
    assert (good.result(SOON_S), also_good.result(SOON_S)) == (None, None)
    with pytest.raises(DoesNotExist, match="this one fails"):
        bad.result(SOON_S)
    with pytest.raises(DoesNotExist, match="nobody"):
        unknown.result(SOON_S)
    assert commits(store) - before == 2
    assert (logged(store), latest(store)) == ([1, 3], [3])


@pytest.mark.parametrize("looks", [1, 2])
def test_points_written_down_inside_a_failing_action_stay(store, looks):
    def look_often_and_fail(tx):
        for i in range(looks):
            assert len(tx.history("r1", "m").points()) == 3 + i
            tx.append_points("r1", [Point("m", 1.0, 90 + i, 90 + i)])
        fail(tx)

    start_run(store)
    with held(store):
        answers = [log(store, 1), log(store, 2), log(store, 9, then=look_often_and_fail)]
        answers += [log(store, 3), log(store, 8, then=look_and_fail), log(store, 4)]
    errors = [answer.exception(SOON_S) for answer in answers]
    assert [error is not None for error in errors] == [False, False, True, False, True, False]
    assert (logged(store), latest(store)) == ([1, 2, 3, 4], [4])


def test_points_written_down_inside_a_good_action_survive_a_later_failure(store):
    start_run(store)
    with held(store):
        log(store, 1)
        log(store, 2, then=lambda tx: tx.run("r1"))
        bad = log(store, 9, then=look_and_fail)
        last = log(store, 3)
    last.result(SOON_S)
    assert bad.exception(SOON_S) is not None
    assert (logged(store), latest(store)) == ([1, 2, 3], [3])


def test_a_run_that_failed_to_start_is_not_remembered(store):
    start_run(store)

    def start_and_fail(tx):
        tx.add_run(run_info("r2"), tags(new_key="1"))
        tx.append_points("r2", [Point("new metric", 1.0, 1, dataset_name="d")])
        fail(tx)

    with held(store):
        bad = store.write(DEFAULT_WORKSPACE, start_and_fail)
        lost = log(store, 1, run_id="r2")
        kept = store.write(
            DEFAULT_WORKSPACE,
            lambda tx: tx.append_points("r1", [Point("new metric", 2.0, 1, dataset_name="d")]),
        )
    assert isinstance(bad.exception(SOON_S), DoesNotExist)
    assert isinstance(lost.exception(SOON_S), LookupError)
    kept.result(SOON_S)
    expected = [Point("new metric", 2.0, 1, dataset_name="d")]
    assert ask(store, lambda r: r.history("r1", "new metric").points()) == expected
    start_run(store, "r2")
    log(store, 5, run_id="r2").result(SOON_S)
    assert (logged(store, "r2"), latest(store, "r2")) == ([5], [5])


def test_a_changed_param_takes_the_whole_batch_with_it_and_nothing_else(store):
    start_run(store)
    do(store, lambda tx: tx.add_params("r1", params(depth="3")))

    def batch(step, depth):
        made = tracking.Batch([Point("m", 1.0, step, step)], params(depth=depth), tags(t=depth))
        return store.write(DEFAULT_WORKSPACE, tracking.log_batch("r1", made))

    with held(store):
        answers = [batch(1, "3"), batch(2, "4"), batch(3, "3")]
    errors = [answer.exception(SOON_S) for answer in answers]
    assert [error is not None for error in errors] == [False, True, False]
    run = ask(store, lambda r: r.run("r1"))
    assert (logged(store), run.tags) == ([1, 3], tags(t="3"))


def test_many_threads_may_write_to_one_run(store):
    start_run(store)

    def write(thread):
        for i in range(50):
            log(store, 50 * thread + i).result(SOON_S)
            do(store, lambda tx: tx.set_tags("r1", tags(last=str(thread))))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(8)))
    assert (logged(store), latest(store)) == (list(range(400)), [399])
    compact(store)
    assert logged(store) == list(range(400))


def test_past_the_byte_limit_writes_are_refused_and_then_taken_again(folder):
    with closing(SqliteStore(folder, max_queued_bytes=1_000)) as store:
        start_run(store)
        with held(store):
            large = store.write(DEFAULT_WORKSPACE, lambda tx: "large", size_bytes=5_000)
            with pytest.raises(Overloaded, match="5000 bytes of writes are waiting"):
                store.write(DEFAULT_WORKSPACE, lambda tx: None, size_bytes=1)
            assert store.statistics()["queued_bytes"] == 5_000
        assert large.result(SOON_S) == "large"
        again = store.write(DEFAULT_WORKSPACE, lambda tx: "again", size_bytes=1)
        assert again.result(SOON_S) == "again"
        assert store.statistics()["queued_bytes"] == 0


def test_close_finishes_what_was_queued_and_refuses_what_comes_after(folder):
    with closing(SqliteStore(folder)) as store:
        start_run(store)
        with held(store):
            answers = [log(store, i) for i in range(20)]
            closer = threading.Thread(target=store.close)
            closer.start()
        closer.join(SOON_S)
        assert [answer.result(0) for answer in answers] == [None] * 20
        with pytest.raises(Unavailable, match="shutting down"):
            log(store, 99)
    with closing(SqliteStore(folder)) as again:
        assert logged(again) == list(range(20))


class FailingConnection:
    """Performs actions on nothing; each call fails while ``broken`` names it.

    again: calls that fail once, and would have the same actions performed once more.
    """

    def __init__(self):
        self.broken = set()
        self.again = []
        self.calls = []

    def _call(self, name):
        self.calls.append(name)
        if name in self.broken:
            raise OSError(f"{name} failed")
        if name in self.again:
            self.again.remove(name)
            raise CommitAgain

    def begin(self, may_wait=True):
        self._call("begin")

    def perform(self, workspace, action):
        self._call("perform")
        return action(None)

    def commit(self):
        self._call("commit")

    def rollback(self):
        self._call("rollback")

    def close(self):
        self._call("close")


@pytest.fixture
def connection():
    return FailingConnection()


@pytest.fixture
def group(connection):
    with closing(
        GroupCommit(lambda: connection, 1 << 20, lambda error: Unavailable(f"no: {error}"))
    ) as group:
        yield group


@pytest.mark.parametrize("call", ["begin", "commit"])
@pytest.mark.parametrize("also", [set(), {"rollback"}])
def test_a_commit_that_fails_answers_all_and_the_next_one_works(group, connection, call, also):
    gate = threading.Event()
    group.submit("default", lambda tx: gate.wait(SOON_S), 0)
    answers = [group.submit("default", lambda tx: "done", 0) for _ in range(5)]
    connection.broken = {call, *also}
    gate.set()
    errors = [answer.exception(SOON_S) for answer in answers]
    assert {str(error) for error in errors} == {f"no: {call} failed"}
    assert "rollback" in connection.calls
    connection.broken = set()
    assert group.submit("default", lambda tx: "works", 0).result(SOON_S) == "works"
    assert group.writes in (1, 2)


def test_an_action_with_an_error_of_its_own_keeps_it_when_the_commit_fails(group, connection):
    gate = threading.Event()
    group.submit("default", lambda tx: gate.wait(SOON_S), 0)
    own = group.submit("default", fail, 0)
    other = group.submit("default", lambda tx: "done", 0)
    connection.broken = {"commit"}
    gate.set()
    assert isinstance(own.exception(SOON_S), DoesNotExist)
    assert isinstance(other.exception(SOON_S), Unavailable)


@pytest.mark.parametrize("calls", [["begin"], ["perform"], ["commit"], ["commit", "perform"]])
def test_what_is_to_be_done_again_is_done_again_and_answered_once(group, connection, calls):
    done = []
    connection.again = list(calls)
    assert group.submit("default", lambda tx: done.append(1) or len(done), 0).result(SOON_S)
    assert connection.calls.count("rollback") == len(calls)
    assert (group.commits, group.writes) == (1, 1)


def test_an_error_of_a_commit_that_was_done_again_is_forgotten(group, connection):
    turns = []

    def fail_first(tx):
        turns.append(1)
        if len(turns) == 1:
            raise DoesNotExist("not yet")
        return "now"

    connection.again = ["commit"]
    assert group.submit("default", fail_first, 0).result(SOON_S) == "now"


def test_what_may_not_wait_is_left_to_the_writer(group, connection):
    assert group.perform_here("default", lambda tx: "here").result(0) == "here"
    connection.again = ["perform"]
    assert group.perform_here("default", lambda tx: "never") is None
    assert connection.calls[-1] == "rollback"
    assert group.submit("default", lambda tx: "there", 0).result(SOON_S) == "there"
    assert group.writes == 2


def test_a_lost_transaction_fails_everything_in_it(group, connection):
    gate = threading.Event()

    def lose(tx):
        raise TransactionLost from OSError("disk full")

    group.submit("default", lambda tx: gate.wait(SOON_S), 0)
    answers = [group.submit("default", act, 0) for act in (lambda tx: 1, lose, lambda tx: 3)]
    gate.set()
    assert [type(answer.exception(SOON_S)) for answer in answers] == [Unavailable] * 3
    assert connection.calls.count("perform") == 3
    assert connection.calls[-1] == "rollback"


def test_a_writer_that_cannot_connect_says_so_at_once():
    def refuse():
        raise OSError("no such disk")

    with pytest.raises(OSError, match="no such disk"):
        GroupCommit(refuse, 1, lambda error: error)


def test_a_second_store_on_one_folder_is_refused_and_says_why(store, folder):
    with pytest.raises(Unavailable, match=r"Another Millpond server is using the folder .*data"):
        SqliteStore(folder)
    store.close()
    with closing(SqliteStore(folder)) as again:
        assert again.workspaces() == [DEFAULT_WORKSPACE]


def test_what_was_answered_is_in_the_files_at_once(store, folder, tmp_path):
    start_run(store)
    log(store, 1, 2).result(SOON_S)
    # No close: a copy of the files is what a power cut would leave.
    with closing(SqliteStore(copy_of(folder, tmp_path / "copy"))) as copied:
        assert (logged(copied), latest(copied)) == ([1, 2], [2])


def test_workspaces_in_one_database_see_only_their_own(folder):
    setup = sqlite._connect(folder / sqlite.DATABASE_NAME)
    setup.execute("INSERT INTO workspaces (workspace_id, name, created_ms) VALUES (2, 'other', 0)")
    setup.close()
    with closing(SqliteStore(folder)) as store:
        store.write("other", lambda tx: tx.new_experiment_id()).result(SOON_S)
        start_run(store)
        log(store, 1).result(SOON_S)
        create = tracking.create_experiment("experiment 1", "", [], "mlflow-artifacts:", 5)
        experiment_id = store.write("other", create).result(SOON_S)
        with store.read("other") as reader:
            assert reader.experiment(1) is None
            assert (reader.run_info("r1"), reader.run("r1")) == (None, None)
            assert reader.history("r1", "m").points() == []
            assert reader.experiment(experiment_id).workspace == "other"
        assert ask(store, lambda r: r.experiment(experiment_id)) is None
        lost = store.write("other", tracking.log_metric("r1", Point("m", 2.0, 2, 2)))
        assert isinstance(lost.exception(SOON_S), DoesNotExist)
        assert logged(store) == [1]


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 48 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(place)]
    try:
        mounted = subprocess.run(mount, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("only root may mount a small disk; the file size limit is tested below")
    yield place
    # Lazily: a test that failed may have left files open.
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill_up(store, most=10_000):
    """Log until a write fails; the steps that were acknowledged, and the error."""
    kept = []
    for step in range(most):
        points = [Point("m", float(step), step, step)]
        made = tracking.Batch(points, [], tags(**{f"t{i}": "x" * 5_000 for i in range(20)}))
        start_run(store, f"run{step}")
        try:
            do(store, tracking.log_batch(f"run{step}", made))
        except MillpondError as error:
            return kept, error
        kept.append(step)
    raise AssertionError("the disk is too large")


def test_a_full_disk_refuses_writes_and_takes_them_again_when_there_is_room(small_disk):
    filler = small_disk / "filler"
    with closing(SqliteStore(small_disk / "data")) as store:
        start_run(store)
        filler.write_bytes(b"x" * (8 << 20))
        kept, error = [], None
        try:
            kept, error = fill_up(store)
        except Unavailable as refused:
            error = refused
        assert isinstance(error, Unavailable)
        assert "Nothing was changed" in error.message
        for i in range(5):
            with pytest.raises(Unavailable):
                do(store, lambda tx: tx.set_tags("r1", tags(large="x" * (20 << 20))))
            assert logged(store, "run0") == [0], i
        filler.unlink()
        log(store, 1, 2).result(SOON_S)
        assert (logged(store), latest(store)) == ([1, 2], [2])
        half = ask(store, lambda r: r.run(f"run{len(kept)}"))
        assert half is None or (half.metrics, half.tags) == ((), ())
        for step in kept:
            run = ask(store, lambda r, step=step: r.run(f"run{step}"))
            assert ([p.step for p in run.metrics], len(run.tags)) == ([step], 20)
    with closing(SqliteStore(small_disk / "data")) as again:
        assert logged(again) == [1, 2]
        assert logged(again, f"run{kept[-1]}") == [kept[-1]]


LIMITED = """
import resource, sys
from contextlib import closing
from pathlib import Path
from millpond.errors import Unavailable
from millpond.store.sqlite import SqliteStore
from millpond.testing.store_contract.samples import ask, do, start_run
from tests.store.test_group_commit import fill_up, log, logged

with closing(SqliteStore(Path(sys.argv[1]))) as store:
    start_run(store)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20 << 20, hard))
    kept = []
    try:
        kept, error = fill_up(store)
    except Unavailable as refused:
        error = refused
    assert isinstance(error, Unavailable), error
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    log(store, 1, 2).result(30)
    assert logged(store) == [1, 2]
    assert logged(store, "run0") == [0]
print("fine")
"""


def test_a_file_that_may_not_grow_refuses_writes_until_it_may(folder):
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(folder)], cwd=root, capture_output=True, text=True
    )
    assert done.stdout.strip() == "fine", done.stderr
    with closing(SqliteStore(folder)) as again:
        assert logged(again) == [1, 2]


def test_a_lone_write_is_done_on_the_spot(store):
    start_run(store)
    pending = store.write_here(DEFAULT_WORKSPACE, tracking.set_tag("r1", tags(a="1")[0]))
    if pending is not None:
        assert pending.done()
        assert ask(store, lambda r: r.run("r1")).tags == tags(a="1")


def test_a_write_on_the_spot_never_overtakes_one_that_waits(store):
    start_run(store)
    with held(store):
        log(store, 1)
        assert store.write_here(DEFAULT_WORKSPACE, lambda tx: "first") is None
    do(store, lambda tx: None)
    store.close()
    assert store.write_here(DEFAULT_WORKSPACE, lambda tx: "late") is None
