"""Large stores in a minute: a sweep's runs put straight into the tables of a SQLite store.

    python -m bench.stores DIR --runs 100000

Half of the runs are in experiment 1, the rest spread over the others. A run has 10 params, 5
metrics, 3 tags beside its name, and every fifth a dataset. Only the latest point of each metric is
there, no history, but that of the first run's loss if --points asks for one. The rows are those
that the same runs make when they are logged.
"""

import argparse
import json
import random
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from millpond.domain.datasets import CONTEXT_TAG, Dataset, DatasetInput
from millpond.domain.experiments import Tag
from millpond.domain.filters import numeric_text
from millpond.domain.runs import RUN_NAME_TAG, random_name
from millpond.store.points import segments
from millpond.store.points.columns import Columns
from millpond.store.sql import compaction, settling
from millpond.store.sqlite import DATABASE_NAME, SqliteStore
from millpond.store.sqlite_session import SqliteSession

FIRST_MS = 1_700_000_000_000
OPTIMIZERS = ["adam", "adamw", "sgd", "rmsprop", "lion"]
MODELS = ["resnet18", "resnet50", "vit-b16", "convnext-tiny"]
TEAMS = ["vision", "language", "ranking", "forecast"]
DATASETS = [("mnist", "d1"), ("mnist", "d2"), ("cifar", "d1"), ("taxi", "d7")]
NAN, NUMBER = 1, 0


class SampleRun(Struct, frozen=True):
    """What is logged to one run, with ids and times, for either way of making it."""

    run_id: str
    experiment_id: int
    name: str
    status: str
    start_ms: int
    end_ms: int | None
    user_id: str
    params: dict[str, str]
    metrics: dict[str, float]
    tags: dict[str, str]
    dataset: tuple[str, str] | None

    @property
    def artifact_uri(self) -> str:
        return f"mlflow-artifacts:/{self.experiment_id}/{self.run_id}/artifacts"

    def dataset_input(self) -> DatasetInput:
        assert self.dataset is not None
        name, digest = self.dataset
        return DatasetInput(
            Dataset(name, digest, "local", f"/data/{name}"), (Tag(CONTEXT_TAG, "train"),)
        )


def sample_runs(count: int, experiments: int, seed: int = 0) -> Iterator[SampleRun]:
    rng = random.Random(seed)
    for number in range(count):
        in_first = experiments == 1 or rng.random() < 0.5
        start_ms = FIRST_MS + number * 1_000 + rng.randrange(2_000)
        is_over = rng.random() < 0.98
        loss = rng.lognormvariate(-1.0, 0.7)
        epochs = rng.randrange(1, 100)
        yield SampleRun(
            run_id=f"{rng.getrandbits(128):032x}",
            experiment_id=1 if in_first else 2 + rng.randrange(experiments - 1),
            name=random_name(rng),
            status=rng.choice(["FINISHED"] * 8 + ["FAILED", "KILLED"]) if is_over else "RUNNING",
            start_ms=start_ms,
            end_ms=start_ms + rng.randrange(1_000_000) if is_over else None,
            user_id=rng.choice(["alice", "bob", "carol"]),
            params={
                "lr": f"{10 ** rng.uniform(-5, -1):.6g}",
                "batch_size": str(rng.choice([16, 32, 64, 128, 256])),
                "optimizer": rng.choice(OPTIMIZERS),
                "model": rng.choice(MODELS),
                "dropout": f"{rng.random() * 0.5:.3f}",
                "weight_decay": f"{10 ** rng.uniform(-6, -2):.3e}",
                "seed": str(rng.randrange(1_000_000)),
                "epochs": str(epochs),
                "layers": str(rng.randrange(2, 49)),
                "augment": rng.choice(["True", "False"]),
            },
            metrics={
                "loss": loss,
                "val_loss": float("nan") if rng.random() < 0.01 else loss * rng.uniform(1.0, 1.3),
                "acc": rng.betavariate(8, 2),
                "epoch": float(epochs),
                "seconds": rng.expovariate(1 / 600),
            },
            tags={
                "team": rng.choice(TEAMS),
                "git": f"{rng.getrandbits(64):016x}",
                "mlflow.source.name": f"train_{number % 20}.py",
            },
            dataset=rng.choice(DATASETS) if number % 5 == 0 else None,
        )


def fill(folder: Path, runs: Iterable[SampleRun], experiments: int, points: int = 0) -> None:
    """Make the store of these runs; the folder may hold none yet.

    points: how long the history of the first run's loss is, if it has one.
    """
    SqliteStore(folder).close()
    with closing(sqlite3.connect(folder / DATABASE_NAME, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -262144")
        connection.execute("BEGIN")
        filler = _Filler(connection)
        filler.add(runs, experiments)
        if points:
            filler.lengthen(1, "loss", loss_curve(points))
        connection.execute(
            "INSERT INTO unsettled_runs (run_id, workspace_id) SELECT run_id, 1 FROM runs"
        )
        connection.execute("COMMIT")
        settle(connection)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def settle(connection: sqlite3.Connection) -> None:
    """Put all runs into columns, as a server does with those that are quiet."""
    session = SqliteSession(connection)
    while (gathered := settling.gather(session, set())) is not None:
        session.begin()
        settling.settle(session, gathered, set())
        session.commit()


def loss_curve(points: int) -> NDArray[np.float64]:
    """A noisy loss that falls, with a spike in its middle."""
    rng = np.random.default_rng(0)
    values = np.exp(-np.linspace(0, 5, points)) + rng.normal(0, 0.02, points) + 0.2
    values[points // 2] = 5
    return values


class _Filler:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._keys: dict[str, int] = {}
        self._datasets: dict[tuple[int, str, str], int] = {}

    def add(self, runs: Iterable[SampleRun], experiments: int) -> None:
        self._connection.executemany(
            "INSERT INTO experiments VALUES (?, 1, ?, ?, 'active', ?, ?)",
            [
                (i, f"sweep {i}", f"mlflow-artifacts:/{i}", FIRST_MS, FIRST_MS)
                for i in range(1, experiments + 1)
            ],
        )
        self._connection.execute(
            "UPDATE counters SET value = ? WHERE name = 'experiment'", [experiments]
        )
        part: list[tuple[int, SampleRun]] = []
        for row_id, run in enumerate(runs, 1):
            part.append((row_id, run))
            if len(part) == 10_000:
                self._add(part)
                part = []
        self._add(part)

    def _add(self, runs: list[tuple[int, SampleRun]]) -> None:
        many = self._connection.executemany
        many(
            "INSERT INTO runs VALUES (?, ?, 1, ?, ?, ?, 'active', ?, ?, NULL, ?, ?)",
            [
                (
                    i, r.run_id, r.experiment_id, r.name, r.status, r.start_ms, r.end_ms,
                    r.user_id, r.artifact_uri,
                )
                for i, r in runs
            ],
        )  # fmt: skip
        for table in ("tags", "params"):
            many(
                f"INSERT INTO {table} VALUES (?, ?, ?, ?, 1)",
                [
                    (i, key, value, numeric_text(value))
                    for i, r in runs
                    for key, value in self._texts(table, r)
                ],
            )
        many(
            "INSERT INTO latest VALUES (?, ?, 0, ?, ?, ?, 1, ?, ?, 1, 1)",
            [row for i, r in runs for row in self._latest(i, r)],
        )
        many(
            "INSERT INTO dataset_inputs (workspace_id, run_id, dataset_id, tags, context) "
            "VALUES (1, ?, ?, ?, 'train')",
            [
                (i, self._dataset_id(r), json.dumps({CONTEXT_TAG: "train"}))
                for i, r in runs
                if r.dataset
            ],
        )

    def lengthen(self, row_id: int, key: str, values: NDArray[np.float64]) -> None:
        """Give a run's metric a history of these values, in segments as a server keeps them."""
        size, key_id = len(values), self._key_id(key)
        steps = np.arange(size)
        columns = Columns(
            np.full(size, key_id, np.uint32),
            np.zeros(size, np.uint32),
            steps,
            FIRST_MS + steps,
            values,
        )
        starts = range(0, size, compaction.SEGMENT_POINTS)
        parts = [columns.take(slice(at, at + compaction.SEGMENT_POINTS)) for at in starts]
        kept = [(1, row_id, segments.encode([part], is_bundle=False)) for part in parts]
        gathered = compaction.Gathered(sequences=[0], segments=kept)
        compaction.settle(SqliteSession(self._connection), gathered)
        self._connection.execute(
            "UPDATE latest SET step = ?, timestamp = ?, value = ?, kind = 0, points = ?, "
            "value_min = ?, value_max = ? WHERE run_id = ? AND key_id = ?",
            [
                size - 1,
                FIRST_MS + size - 1,
                float(values[-1]),
                size,
                float(values.min()),
                float(values.max()),
                row_id,
                key_id,
            ],
        )

    def _texts(self, table: str, run: SampleRun) -> list[tuple[int, str]]:
        texts = run.params if table == "params" else {**run.tags, RUN_NAME_TAG: run.name}
        return sorted((self._key_id(key), value) for key, value in texts.items())

    def _latest(self, row_id: int, run: SampleRun) -> Iterator[tuple[object, ...]]:
        found = sorted((self._key_id(key), value) for key, value in run.metrics.items())
        for key_id, value in found:
            if value != value:
                yield (row_id, key_id, run.start_ms, 0.0, NAN, None, None)
            else:
                yield (row_id, key_id, run.start_ms, value, NUMBER, value, value)

    def _key_id(self, name: str) -> int:
        key_id = self._keys.get(name)
        if key_id is None:
            key_id = self._keys[name] = len(self._keys) + 1
            self._connection.execute("INSERT INTO keys VALUES (?, 1, ?)", [key_id, name])
        return key_id

    def _dataset_id(self, run: SampleRun) -> int:
        assert run.dataset is not None
        name, digest = run.dataset
        known = (run.experiment_id, name, digest)
        dataset_id = self._datasets.get(known)
        if dataset_id is None:
            dataset_id = self._datasets[known] = len(self._datasets) + 1
            self._connection.execute(
                "INSERT INTO datasets VALUES (?, 1, ?, ?, ?, 'local', ?, NULL, NULL)",
                [dataset_id, run.experiment_id, name, digest, f"/data/{name}"],
            )
        return dataset_id


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.stores", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--experiments", type=int, default=1_001)
    parser.add_argument("--points", type=int, default=0, help="of the first run's loss")
    arguments = parser.parse_args()
    begun_s = time.perf_counter()
    runs = sample_runs(arguments.runs, arguments.experiments)
    fill(arguments.folder, runs, arguments.experiments, arguments.points)
    print(f"{arguments.runs} runs in {time.perf_counter() - begun_s:.1f} s")


if __name__ == "__main__":
    main()
