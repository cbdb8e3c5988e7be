"""Batch scoring over the native API."""

from msgspec import Struct


class StartScoring(Struct, forbid_unknown_fields=True):
    """A table to be scored on the server's machine.

    input, output: datastore://NAME/PATH, or a path below the server's folder for scoring.
    """

    model: str
    input: str
    output: str
    where: str = ""
    workers: int = 1
    keep: list[str] | None = None
    features: list[str] | None = None
    prediction: str = "prediction"
    chunk_rows: int | None = None
    overwrite: bool = False


class ScoringAnswer(Struct):
    """A job: what it was asked, and how far it is.

    status: running, finished, failed or cancelled; message: what it said at its end; run_id: known
    when it has finished.
    """

    job_id: str
    status: str
    model: str
    input: str
    output: str
    where: str
    started_ms: int
    ended_ms: int | None
    total_rows: int | None
    read_rows: int
    scored_rows: int
    resumed_rows: int
    run_id: str
    message: str
