"""Writers that go on until the server is gone, and know what it has promised to keep."""

import http.client
import threading
from collections.abc import Sequence
from typing import ClassVar

from tests.faults.wire import Refused, Wire

GONE = (OSError, http.client.HTTPException)


class Writer:
    """One connection that writes number 0, 1, 2, ... and waits for each answer.

    acknowledged: the numbers that were answered 200. unanswered: the one, if any, that was sent
    and got no answer; it may be kept or not, but not in part.
    """

    def __init__(self, name: str, run_id: str) -> None:
        self.name = name
        self.run_id = run_id
        self.acknowledged: list[int] = []
        self.unanswered: int | None = None
        self.refused: Refused | None = None
        self._next = 0

    def write_until_gone(self, port: int) -> None:
        self.refused = None
        wire = Wire(port)
        try:
            while True:
                number = self._next
                self._next += 1
                self.unanswered = number
                self.write(wire, number)
                self.acknowledged.append(number)
                self.unanswered = None
        except Refused as refused:
            self.refused = refused
            self.unanswered = None
        except GONE:
            pass
        finally:
            wire.close()

    def write(self, wire: Wire, number: int) -> None:
        raise NotImplementedError

    def kept(self, wire: Wire) -> list[int]:
        """The numbers whose writes are there, in full; one that is there twice comes twice.

        Raises AssertionError for one that is there in part.
        """
        raise NotImplementedError

    def check(self, wire: Wire, allow_unanswered: bool = True) -> None:
        """Every acknowledged write is there once, and nothing else but perhaps the unanswered."""
        kept = sorted(self.kept(wire))
        unanswered = {self.unanswered} if allow_unanswered else set()
        extra = sorted(set(kept) - set(self.acknowledged))
        assert sorted(set(kept)) == kept, f"{self.name}: there twice: {doubles(kept)}"
        assert set(extra) <= unanswered, f"{self.name}: never acknowledged: {extra}"
        lost = sorted(set(self.acknowledged) - set(kept))
        assert not lost, f"{self.name}: acknowledged and lost: {lost}"
        # What is there now will be there after the next fault as well.
        self.acknowledged += extra
        self.unanswered = None


class PointWriter(Writer):
    """Single points of one metric; writers with one run share the metric."""

    writers: ClassVar[int] = 0

    def __init__(self, name: str, run_id: str) -> None:
        super().__init__(name, run_id)
        PointWriter.writers += 1
        self._offset = PointWriter.writers * 1_000_000

    def write(self, wire: Wire, number: int) -> None:
        step = self._offset + number
        wire.post(
            "runs/log-metric",
            run_id=self.run_id,
            key="shared",
            value=number / 3,
            timestamp=number,
            step=step,
        )

    def kept(self, wire: Wire) -> list[int]:
        points = [
            (step - self._offset, value)
            for step, value in wire.history(self.run_id, "shared")
            if 0 <= step - self._offset < 1_000_000
        ]
        assert all(value == number / 3 for number, value in points)
        return [number for number, _ in points]


class BatchWriter(Writer):
    """Batches of points, a param and two tags, which stand or fall together."""

    points = 30

    def write(self, wire: Wire, number: int) -> None:
        metrics = [
            {"key": f"{self.name}.{n % 3}", "value": n, "timestamp": number, "step": number}
            for n in range(self.points)
        ]
        wire.post(
            "runs/log-batch",
            run_id=self.run_id,
            metrics=metrics,
            params=[{"key": f"{self.name}.{number}", "value": str(number)}],
            tags=[
                {"key": f"{self.name}.{number}", "value": str(number)},
                {"key": f"{self.name}.last", "value": str(number)},
            ],
        )

    def kept(self, wire: Wire) -> list[int]:
        data = wire.run(self.run_id)
        params = numbers_of(data["params"], self.name)
        tags = numbers_of(data["tags"], self.name)
        points: list[tuple[int, float]] = []
        for n in range(3):
            points += wire.history(self.run_id, f"{self.name}.{n}")
        steps = [step for step, _ in points]
        expected = sorted(
            (number, float(n)) for number in sorted(set(steps)) for n in range(self.points)
        )
        assert sorted(points) == expected, f"{self.name}: a batch is there in part"
        assert sorted(set(steps)) == params == tags, f"{self.name}: a batch is there in part"
        if params:
            assert data["tags"][f"{self.name}.last"] == str(params[-1])
        return params


class RunWriter(Writer):
    """New runs in an experiment of its own."""

    def __init__(self, name: str, experiment_id: str) -> None:
        super().__init__(name, "")
        self._experiment_id = experiment_id

    def write(self, wire: Wire, number: int) -> None:
        wire.create_run(str(number), self._experiment_id)

    def kept(self, wire: Wire) -> list[int]:
        return [int(name) for name in wire.run_names(self._experiment_id)]


class TagWriter(Writer):
    """One tag, overwritten again and again: the last value stands."""

    def write(self, wire: Wire, number: int) -> None:
        wire.post("runs/set-tag", run_id=self.run_id, key=self.name, value=str(number))

    def kept(self, wire: Wire) -> list[int]:
        tags = wire.run(self.run_id)["tags"]
        last = int(tags[self.name]) if self.name in tags else -1
        # Earlier values have had their time; the last one says that they were there.
        return [number for number in self._written() if number <= last]

    def _written(self) -> list[int]:
        unanswered = [] if self.unanswered is None else [self.unanswered]
        return sorted([*self.acknowledged, *unanswered])


def make_writers(wire: Wire, round_name: str) -> list[Writer]:
    """Writers of every kind: on one run that they share, and on runs of their own."""
    shared = wire.create_run(f"{round_name} shared")
    own = [wire.create_run(f"{round_name} own {n}") for n in range(2)]
    experiments = [wire.create_experiment(f"{round_name} {n}") for n in range(2)]
    return [
        *(PointWriter(f"{round_name}-point{n}", shared) for n in range(3)),
        PointWriter(f"{round_name}-lone", own[0]),
        BatchWriter(f"{round_name}-batch0", shared),
        BatchWriter(f"{round_name}-batch1", own[1]),
        *(RunWriter(f"{round_name}-run{n}", experiments[n]) for n in range(2)),
        *(TagWriter(f"{round_name}-tag{n}", shared) for n in range(2)),
    ]


def start(writers: Sequence[Writer], port: int) -> list[threading.Thread]:
    """Let all of them write, each on a thread."""
    threads = [threading.Thread(target=writer.write_until_gone, args=[port]) for writer in writers]
    for thread in threads:
        thread.start()
    return threads


def numbers_of(values: dict[str, str], name: str) -> list[int]:
    """The numbers n of the keys `name.n`, whose values must be n too."""
    found = {key.removeprefix(f"{name}."): value for key, value in values.items()}
    numbers = {
        key: value for key, value in found.items() if key.isdigit() and f"{name}.{key}" in values
    }
    assert all(key == value for key, value in numbers.items())
    return sorted(int(key) for key in numbers)


def doubles(numbers: list[int]) -> list[int]:
    return sorted(number for number in set(numbers) if numbers.count(number) > 1)
