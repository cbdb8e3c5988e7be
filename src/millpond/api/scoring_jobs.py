"""Batch scoring on the server's machine: jobs in processes of their own.

The server loads no model. A job is ``millpond score`` in the Python that the administrator names,
as a user would run it, and reaches this server as any client does. What is known of a job is on the
disk, so every process of the server knows it, and the next one too.
"""

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import time
import uuid
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from millpond.artifacts.paths import safe_path
from millpond.errors import DoesNotExist, InvalidParameter, NotSupported, Overloaded
from millpond.wire.scoring import ScoringAnswer, StartScoring

MAX_RUNNING = 4
_MAX_KEPT = 200
_MOST_WORDS = 4_000
_STOP_LIMIT_S = 10.0
_LOOK_S = 0.05
_MODEL = re.compile(r"(models|runs):/[^/]")
_JOB_ID = re.compile(r"[0-9a-f]{32}")


class ScoringJobs:
    """The jobs that were started on this machine."""

    def __init__(self, folder: Path, python: str) -> None:
        """folder: where relative paths of tables begin; python: with mlflow and Millpond in it."""
        self._folder = folder
        self._notes = folder / ".jobs"
        self._python = python
        # What was started here, so that its end is taken notice of.
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, asked: StartScoring, url: str) -> ScoringAnswer:
        """Raises NotSupported, Overloaded, and InvalidParameter for a path that leads elsewhere."""
        if not self._python:
            raise NotSupported(
                "This server scores nothing itself: the setting scoring_python names no Python. "
                "`millpond score` does it where you are."
            )
        if not _MODEL.match(asked.model):
            raise InvalidParameter(
                f"Invalid model '{asked.model}': give models:/NAME@ALIAS, models:/NAME/VERSION or "
                "runs:/ID/PATH."
            )
        command = self._command(asked)
        kept = self._kept()
        running = sum(job.is_running() for job in kept)
        if running >= MAX_RUNNING:
            raise Overloaded(f"{running} jobs are running already; start this one when one ends.")
        for job in kept[_MAX_KEPT:]:
            job.forget()
        return self._begin(asked, command, url).answer()

    def all(self) -> list[ScoringAnswer]:
        return [job.answer() for job in self._kept()]

    def get(self, job_id: str) -> ScoringAnswer:
        return self._require(job_id).answer()

    def cancel(self, job_id: str) -> ScoringAnswer:
        job = self._require(job_id)
        job.stop()
        return job.answer()

    def close(self) -> None:
        """Stop what was started here."""
        for job_id, process in self._processes.items():
            if process.poll() is None:
                self._require(job_id).stop()
            process.wait()

    def _kept(self) -> list["_Job"]:
        """The last started first."""
        for process in list(self._processes.values()):
            process.poll()
        jobs = []
        for folder in self._notes.glob("*/asked.json"):
            try:
                jobs.append(_Job.read(folder.parent))
            except OSError:
                # Another process of the server forgot it at this moment.
                continue
        return sorted(jobs, key=lambda job: job.note.started_ms, reverse=True)

    def _require(self, job_id: str) -> "_Job":
        try:
            if _JOB_ID.fullmatch(job_id):
                return _Job.read(self._notes / job_id)
        except OSError:
            pass
        raise DoesNotExist(f"There is no scoring job '{job_id}'.")

    def _begin(self, asked: StartScoring, command: list[str], url: str) -> "_Job":
        job_id = uuid.uuid4().hex
        folder = self._notes / job_id
        folder.mkdir(parents=True)
        environ = {k: v for k, v in os.environ.items() if not k.startswith("MILLPOND_")}
        environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
        with (folder / "log").open("wb") as log, (folder / "lock").open("wb") as lock:
            # Held by the job until it ends, however it does.
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                process = subprocess.Popen(
                    [*command, f"--report={folder / 'report.json'}", f"--server={url}"],
                    cwd=self._folder,
                    env=environ,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    pass_fds=[lock.fileno()],
                    # A group of its own, so that its workers end with it.
                    start_new_session=True,
                )
            except OSError as error:
                shutil.rmtree(folder, ignore_errors=True)
                raise NotSupported(
                    f"The setting scoring_python names '{self._python}', which cannot be started: "
                    f"{error.strerror}."
                ) from None
        self._processes[job_id] = process
        note = _Note(asked, time.time_ns() // 1_000_000, process.pid)
        (folder / "asked.json.partial").write_bytes(msgspec.json.encode(note))
        (folder / "asked.json.partial").replace(folder / "asked.json")
        return _Job(folder, note)

    def _place(self, address: str, field: str) -> str:
        """Only datastores, and the folder: nobody reads other files of the server's machine, nor
        what only the server's own credentials open."""
        if address.startswith("datastore://") or (
            field == "input" and address.startswith("runs:/")
        ):
            return address
        if "://" in address or not address:
            raise InvalidParameter(
                f"Invalid {field} '{address}': give datastore://NAME/PATH, or a path below the "
                "server's folder for scoring."
            )
        return str(self._folder / safe_path(address))

    def _command(self, asked: StartScoring) -> list[str]:
        source, output = self._place(asked.input, "input"), self._place(asked.output, "output")
        command = [self._python, "-m", "millpond", "score"]
        command += [f"--model={asked.model}", f"--input={source}", f"--output={output}"]
        command += [f"--workers={asked.workers}", f"--prediction={asked.prediction}"]
        if asked.chunk_rows is not None:
            command.append(f"--chunk-rows={asked.chunk_rows}")
        if asked.where:
            command.append(f"--where={asked.where}")
        command += [f"--keep={name}" for name in asked.keep or []]
        command += [f"--features={name}" for name in asked.features or []]
        return command + (["--overwrite"] if asked.overwrite else [])


class _Note(Struct):
    """What is written down when a job begins."""

    asked: StartScoring
    started_ms: int
    pid: int


class _Job:
    """One job, by its folder: asked.json, report.json, log, lock, and cancelled if it was."""

    def __init__(self, folder: Path, note: _Note) -> None:
        self.note = note
        self._folder = folder

    @classmethod
    def read(cls, folder: Path) -> "_Job":
        """Raises OSError if it is not there."""
        return cls(folder, msgspec.json.decode((folder / "asked.json").read_bytes(), type=_Note))

    def is_running(self) -> bool:
        try:
            with (self._folder / "lock").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def stop(self) -> None:
        """Ask it to end, and see that it does."""
        if not self.is_running():
            return
        (self._folder / "cancelled").touch()
        for number in (signal.SIGINT, signal.SIGKILL):
            try:
                os.killpg(self.note.pid, number)
            except ProcessLookupError:
                return
            until_s = time.monotonic() + _STOP_LIMIT_S
            while self.is_running() and time.monotonic() < until_s:
                time.sleep(_LOOK_S)
            if not self.is_running():
                return

    def forget(self) -> None:
        """Delete what is known of a job that has ended."""
        if not self.is_running():
            shutil.rmtree(self._folder, ignore_errors=True)

    def answer(self) -> ScoringAnswer:
        # In this order: one that ends meanwhile has written all of it before.
        is_running = self.is_running()
        report, words, asked = self._report(), self._words(), self.note.asked
        if is_running:
            status = "running"
        elif report.get("is_finished"):
            status = "finished"
        else:
            status = "cancelled" if (self._folder / "cancelled").exists() else "failed"
        return ScoringAnswer(
            job_id=self._folder.name,
            status=status,
            model=asked.model,
            input=asked.input,
            output=asked.output,
            where=asked.where,
            started_ms=self.note.started_ms,
            ended_ms=None if is_running else self._last_sign_ms(),
            total_rows=report.get("total_rows"),
            read_rows=report.get("read_rows", 0),
            scored_rows=report.get("scored_rows", 0),
            resumed_rows=report.get("resumed_rows", 0),
            run_id=report.get("run_id", ""),
            message="" if is_running else words,
        )

    def _report(self) -> dict[str, Any]:
        try:
            report: dict[str, Any] = json.loads((self._folder / "report.json").read_text())
        except (OSError, ValueError):
            return {}
        return report

    def _words(self) -> str:
        try:
            words = (self._folder / "log").read_text("utf-8", "replace")
        except OSError:
            return ""
        return words[-_MOST_WORDS:].strip()

    def _last_sign_ms(self) -> int:
        found = [self.note.started_ms]
        for name in ("report.json", "log", "cancelled"):
            try:
                found.append((self._folder / name).stat().st_mtime_ns // 1_000_000)
            except OSError:
                continue
        return max(found)
