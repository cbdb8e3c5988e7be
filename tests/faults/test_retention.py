"""Deleted runs leave a real server with their files, also one that is killed over it."""

import json
import random
import re
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from millpond.app import open_place
from millpond.domain.experiments import Stage
from millpond.store import check as checking
from millpond.store.contract import Transaction
from millpond.store.sqlite import SqliteStore
from millpond.testing.store_contract.samples import ask, do
from tests.faults.wire import Refused, Wire
from tests.server_process import MILLPOND, ServerProcess, running_server

# A second or so.
SOON = ("--retention-days", "0.00001")
PER_ROUND = 8
ROUNDS = 5


def make_run(wire: Wire, name: str) -> str:
    run_id = wire.create_run(name)
    wire.post("runs/log-metric", run_id=run_id, key="loss", value=1.0, timestamp=1, step=1)
    for file in ("a", "deep/b"):
        wire.upload(f"0/{run_id}/artifacts/{file}", b"12345")
    return run_id


def folders(data_dir: Path) -> set[str]:
    return {place.name for place in (data_dir / "artifacts/0").glob("*")}


def wait(is_done: Callable[[], bool]) -> None:
    for _ in range(600):
        if is_done():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen within 30 s")


def is_gone(wire: Wire, run_id: str) -> bool:
    try:
        wire.run(run_id)
    except Refused as refused:
        return refused.status == 404
    return False


def faults(data_dir: Path) -> list[str]:
    with closing(open_place(f"sqlite:{data_dir}")) as place:
        return [f for found in checking.check(place, lambda *_: None) for f in found.faults]


def test_a_deleted_run_vanishes_with_its_files_and_others_keep_theirs(data_dir: Path) -> None:
    with running_server(data_dir, *SOON) as server, closing(Wire(server.port)) as wire:
        deleted, restored, active, needed = (make_run(wire, name) for name in "draw")
        wire.post("registered-models/create", name="churn")
        place = f"mlflow-artifacts:/0/{needed}/artifacts/deep"
        wire.post("model-versions/create", name="churn", source=place, run_id=needed)
        wire.post("runs/delete", run_id=restored)
        wire.post("runs/restore", run_id=restored)
        for run_id in (deleted, needed):
            wire.post("runs/delete", run_id=run_id)
        wait(lambda: is_gone(wire, deleted) and deleted not in folders(data_dir))
        assert folders(data_dir) == {restored, active, needed}
        assert wire.run(restored)["metrics"] == wire.run(active)["metrics"] == {"loss": 1.0}
        assert wire.history(deleted, "loss") == []
        # It can be brought back for as long as a version needs it.
        wire.post("runs/restore", run_id=needed)
        assert sorted(wire.run_names()) == ["a", "r", "w"]
    with closing(SqliteStore(data_dir)) as store:
        (entry,) = ask(store, lambda r: r.audit_entries(9))
        assert (entry.action, entry.target) == ("run.purge", deleted)
    assert faults(data_dir) == []


def test_files_in_a_datastore_go_and_those_that_clients_keep_elsewhere_stay(
    data_dir: Path, tmp_path: Path
) -> None:
    disk, own = data_dir / "datastores/disk", tmp_path / "own"
    with running_server(data_dir, *SOON) as server, closing(Wire(server.port)) as wire:
        asked = {"name": "disk", "uri": str(disk.absolute())}
        request = Request(
            f"{server.url}/api/v1/datastores",
            json.dumps(asked).encode(),
            {"Content-Type": "application/json"},
        )
        with urlopen(request, timeout=30) as answer:
            assert answer.status == 201
        kept = {}
        for name, place in (("in disk", "datastore://disk/x"), ("own", f"file://{own}")):
            made = wire.post("experiments/create", name=name, artifact_location=place)
            kept[name] = wire.create_run(name, made["experiment_id"])
        wire.upload(f"datastores/disk/x/{kept['in disk']}/artifacts/a", b"12345")
        (own / kept["own"] / "artifacts").mkdir(parents=True)
        (own / kept["own"] / "artifacts/a").write_bytes(b"12345")
        assert (disk / f"x/{kept['in disk']}/artifacts/a").exists()
        # One after the other: when the second one's files are gone, the first one's were looked at.
        wire.post("runs/delete", run_id=kept["own"])
        wait(lambda: is_gone(wire, kept["own"]))
        wire.post("runs/delete", run_id=kept["in disk"])
        wait(lambda: not (disk / f"x/{kept['in disk']}").exists())
        assert is_gone(wire, kept["in disk"])
    assert (own / kept["own"] / "artifacts/a").read_bytes() == b"12345"
    with closing(SqliteStore(data_dir)) as store:
        entries = ask(store, lambda r: r.audit_entries(9))
        left = [entry.target for entry in entries if entry.action == "files.leave"]
    assert left == [f"file://{own}/{kept['own']}/artifacts"]


def test_without_a_retention_deleted_runs_are_kept(data_dir: Path) -> None:
    with running_server(data_dir) as server, closing(Wire(server.port)) as wire:
        run_id = make_run(wire, "kept")
        wire.post("runs/delete", run_id=run_id)
        time.sleep(3)
        assert folders(data_dir) == {run_id}
        wire.post("runs/restore", run_id=run_id)


def test_a_kill_between_rows_and_files_leaves_the_files_to_the_next_start(data_dir: Path) -> None:
    with running_server(data_dir) as server, closing(Wire(server.port)) as wire:
        run_id = make_run(wire, "deleted")
        wire.post("runs/delete", run_id=run_id)
    with closing(SqliteStore(data_dir)) as store:
        assert do(store, lambda tx: tx.purge_run(run_id, 1 << 50))
    assert folders(data_dir) == {run_id}
    with running_server(data_dir, *SOON) as server, closing(Wire(server.port)) as wire:
        assert is_gone(wire, run_id)
        wait(lambda: folders(data_dir) == set())
    with closing(SqliteStore(data_dir)) as store:
        assert list(ask(store, lambda r: r.purged_files(1 << 50, 9))) == []


def test_no_kill_leaves_files_without_a_run_or_a_run_without_files(
    data_dir: Path, chance: random.Random
) -> None:
    with running_server(data_dir) as server, closing(Wire(server.port)) as wire:
        run_ids = {make_run(wire, f"r{number}") for number in range(PER_ROUND * (ROUNDS + 1))}
    left = set(run_ids)
    interrupted = 0
    for _ in range(ROUNDS):
        doomed = set(sorted(left)[:PER_ROUND])
        left -= doomed
        with closing(SqliteStore(data_dir)) as store:
            do(store, lambda tx, doomed=doomed: bin_and_let_go(tx, doomed))  # type: ignore[misc]
        before = len(folders(data_dir))
        server = ServerProcess(data_dir, *SOON)
        while len(folders(data_dir)) == before:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.02))
        server.kill()
        with closing(SqliteStore(data_dir)) as store:
            noted = {f.owner_id for f in ask(store, lambda r: r.purged_files(1 << 50, 99))}
            known = {run_id for run_id in run_ids if ask(store, lambda r, i=run_id: r.run(i))}  # type: ignore[misc]
        interrupted += bool(noted)
        assert left <= known
        # Files are either somebody's, or noted to be deleted.
        assert known <= folders(data_dir) <= known | noted
        assert faults(data_dir) == []
    print(f"{interrupted} of {ROUNDS} kills left files to be deleted")
    with closing(SqliteStore(data_dir)) as store:
        do(store, lambda tx: bin_and_let_go(tx, ()))
    with running_server(data_dir, *SOON):
        wait(lambda: folders(data_dir) == left)


def bin_and_let_go(tx: Transaction, run_ids: Iterable[str]) -> None:
    """Delete runs; and let nobody wait for what a killed server had taken, which is a minute."""
    for run_id in run_ids:
        tx.change_run_stage(run_id, Stage.DELETED, 1)
    for files in tx.purged_files(1 << 50, 99):
        tx.hold_purged_files(files.number, 0)


@pytest.fixture
def binned(data_dir: Path) -> list[str]:
    with running_server(data_dir) as server, closing(Wire(server.port)) as wire:
        run_ids = [make_run(wire, name) for name in ("active", "deleted")]
        wire.post("runs/delete", run_id=run_ids[1])
    return run_ids


def purge(data_dir: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    command = [MILLPOND, "db", "purge", "--data-dir", data_dir, *flags]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_the_command_purges_a_store_that_no_server_uses(data_dir: Path, binned: list[str]) -> None:
    active, deleted = binned
    for flags, said in (
        (["--older-than", "1"], "0 runs and 0 logged models were removed, with 0 bytes"),
        (
            ["--older-than", "0", "--dry-run"],
            "1 runs and 0 logged models would be removed, with 10",
        ),
        (["--older-than", "0"], "1 runs and 0 logged models were removed, with 10 bytes"),
        (["--older-than", "0"], "0 runs and 0 logged models were removed, with 0 bytes"),
    ):
        if said.startswith("1 "):
            assert folders(data_dir) == {active, deleted}
        done = purge(data_dir, *flags)
        assert done.returncode == 0, done.stderr
        assert said in re.sub(r"\s+", " ", done.stdout)
    assert folders(data_dir) == {active}
    assert faults(data_dir) == []
    with closing(SqliteStore(data_dir)) as store:
        # What files there are was counted down too.
        assert ask(store, lambda r: dict(r.storage_use())) == {"local": 10}


def test_the_command_refuses_what_it_cannot_purge(data_dir: Path, binned: list[str]) -> None:
    for flags, said in (
        ([], "older-than"),
        (["--older-than", "-1"], "older-than"),
        (["--older-than", "nan"], "older-than"),
        (["--older-than", "inf"], "retention_days"),
        (["--older-than", "0", "--store-url", "mysql://x"], "postgresql://"),
    ):
        done = purge(data_dir, *flags)
        assert done.returncode != 0
        assert said in done.stderr + done.stdout
        assert "Traceback" not in done.stderr
    done = purge(data_dir.parent / "nothing", "--older-than", "0")
    assert done.returncode == 1
    assert "There is no database" in done.stderr
    with running_server(data_dir):
        done = purge(data_dir, "--older-than", "0")
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
    assert folders(data_dir) == set(binned)


def test_several_workers_sweep_one_bin(data_dir: Path, database: str) -> None:
    flags = (*SOON, "--store-url", database, "--workers", "2")
    with running_server(data_dir, *flags) as server, closing(Wire(server.port)) as wire:
        run_ids = [make_run(wire, f"r{number}") for number in range(10)]
        for run_id in run_ids[:5]:
            wire.post("runs/delete", run_id=run_id)
        wait(lambda: folders(data_dir) == set(run_ids[5:]))
        assert all(is_gone(wire, run_id) for run_id in run_ids[:5])
        assert sorted(wire.run_names()) == [f"r{number}" for number in range(5, 10)]


def test_the_command_purges_a_database_beside_its_servers(data_dir: Path, database: str) -> None:
    flags = ("--store-url", database)
    with running_server(data_dir, *flags) as server, closing(Wire(server.port)) as wire:
        deleted, active = make_run(wire, "deleted"), make_run(wire, "active")
        wire.post("runs/delete", run_id=deleted)
        done = purge(data_dir.parent / "not-theirs", "--older-than", "0", *flags)
        assert done.returncode == 1
        assert "name the data folder" in done.stderr
        done = purge(data_dir, "--older-than", "0", *flags)
        assert done.returncode == 0, done.stderr
        assert "1 runs and 0 logged models were removed, with 10 bytes" in done.stdout
        assert is_gone(wire, deleted)
        assert wire.run(active)["metrics"] == {"loss": 1.0}
        assert folders(data_dir) == {active}
