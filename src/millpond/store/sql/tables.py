"""The tables, the same in every SQL engine. Every one says which workspace a row belongs to.

Rows are tied by integer keys; MLflow's 32-hex ids appear once, in ``runs`` and ``models``. Names
of metrics, params and tags are interned in ``keys``. Times are epoch milliseconds UTC.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()


def _workspace() -> Column[int]:
    return Column("workspace_id", Integer, nullable=False)


workspaces = Table(
    "workspaces",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("created_ms", BigInteger, nullable=False),
)

# The last number given out, so that no number is ever given twice, even after a purge.
counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
    _workspace(),
)

keys = Table(
    "keys",
    metadata,
    Column("key_id", Integer, primary_key=True),
    _workspace(),
    Column("name", Text, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)

# On which logged model and dataset a point was measured; 0 stands for none.
contexts = Table(
    "contexts",
    metadata,
    Column("context_id", Integer, primary_key=True),
    _workspace(),
    Column("model_uuid", Text, nullable=False),
    Column("dataset_name", Text, nullable=False),
    Column("dataset_digest", Text, nullable=False),
    UniqueConstraint("workspace_id", "model_uuid", "dataset_name", "dataset_digest"),
)

experiments = Table(
    "experiments",
    metadata,
    Column("experiment_id", Integer, primary_key=True, autoincrement=False),
    _workspace(),
    Column("name", Text, nullable=False),
    Column("artifact_location", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("creation_ms", BigInteger, nullable=False),
    Column("last_update_ms", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)

experiment_tags = Table(
    "experiment_tags",
    metadata,
    Column("experiment_id", Integer, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    # The text as a number where it is one, so that ranges need no parsing in SQL.
    Column("number", Float(53)),
    _workspace(),
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("uuid", Text, nullable=False, unique=True),
    _workspace(),
    Column("experiment_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("start_ms", BigInteger, nullable=False),
    Column("end_ms", BigInteger),
    Column("deleted_ms", BigInteger),
    Column("user_id", Text, nullable=False),
    Column("artifact_uri", Text, nullable=False),
    Index("runs_by_start", "experiment_id", "stage", "start_ms", "uuid"),
    # Of runs in the bin only, which its migration says; see ``segments_damaged``.
    Index("runs_in_bin", "workspace_id", "deleted_ms", "uuid"),
)


def _texts(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("run_id", Integer, primary_key=True),
        Column("key_id", Integer, primary_key=True),
        Column("value", Text, nullable=False),
        Column("number", Float(53)),
        _workspace(),
        sqlite_with_rowid=False,
    )


params = _texts("params")
tags = _texts("tags")

# The latest point of each metric of a run, and how many there are (repeats not yet collapsed).
latest = Table(
    "latest",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("key_id", Integer, primary_key=True),
    Column("step", BigInteger, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    # NaN is kept as 0 with kind 1; -0.0 as 0 with kind -1, since SQLite drops the sign.
    Column("value", Float(53), nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("points", BigInteger, nullable=False),
    # Over the values that are numbers; NULL when all are NaN.
    Column("value_min", Float(53)),
    Column("value_max", Float(53)),
    _workspace(),
    # One more with every commit that changed the row: what a chart's ETag is made of.
    Column("version", BigInteger, nullable=False, server_default="1"),
    sqlite_with_rowid=False,
)

# The tail: one row for each request and run, its points as ``points.packing`` bytes. Rows of all
# runs stand in the order they came and nothing else is kept of them, so that a commit changes few
# pages; compaction soon moves them into segments.
point_log = Table(
    "point_log",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    _workspace(),
    Column("run_id", Integer, nullable=False),
    Column("points", Integer, nullable=False),
    Column("codec", SmallInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

# The points of one run that left the log, many to a row; see ``points.segments``. Key 0 is a
# bundle of several. The state is sound, or damaged (left alone).
segments = Table(
    "segments",
    metadata,
    Column("segment_id", Integer, primary_key=True),
    _workspace(),
    Column("run_id", Integer, nullable=False),
    Column("key_id", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("points", Integer, nullable=False),
    Column("step_min", BigInteger, nullable=False),
    Column("step_max", BigInteger, nullable=False),
    Column("timestamp_min", BigInteger, nullable=False),
    Column("timestamp_max", BigInteger, nullable=False),
    # NULL for NaN; the bounds are over the values that are numbers.
    Column("value_first", Float(53)),
    Column("value_last", Float(53)),
    Column("value_min", Float(53)),
    Column("value_max", Float(53)),
    Column("codec", SmallInteger, nullable=False),
    Column("checksum", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("segments_by_run", "run_id", "key_id", "timestamp_min"),
    # Of damaged ones only, which its migration says: an argument for one engine loads all that
    # SQLAlchemy knows of it, at every start.
    Index("segments_damaged", "segment_id"),
)

# What searches ask of runs, as columns: one row for each block of run ids and each attribute,
# metric, param or tag that some run of the block has; see ``blocks.columns``. The bounds are those
# of the numbers in it.
run_columns = Table(
    "run_columns",
    metadata,
    Column("column_id", Integer, primary_key=True),
    _workspace(),
    Column("kind", SmallInteger, nullable=False),
    Column("key_id", Integer, nullable=False),
    Column("block", Integer, nullable=False),
    Column("low", Float(53)),
    Column("high", Float(53)),
    Column("data", LargeBinary, nullable=False),
    UniqueConstraint("workspace_id", "kind", "key_id", "block"),
    Index("run_columns_by_block", "workspace_id", "block"),
)

# The runs that changed since they were put into columns, or never were; searches look at the
# tables for these, and whatever columns say of them does not count.
unsettled_runs = Table(
    "unsettled_runs",
    metadata,
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    _workspace(),
)

datasets = Table(
    "datasets",
    metadata,
    Column("dataset_id", Integer, primary_key=True),
    _workspace(),
    Column("experiment_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("source_type", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("schema", Text),
    Column("profile", Text),
    UniqueConstraint("experiment_id", "name", "digest"),
)

dataset_inputs = Table(
    "dataset_inputs",
    metadata,
    Column("input_id", Integer, primary_key=True),
    _workspace(),
    Column("run_id", Integer, nullable=False),
    Column("dataset_id", Integer, nullable=False),
    # The input's tags as a JSON object; its context also by itself, for searches.
    Column("tags", Text, nullable=False),
    Column("context", Text),
    UniqueConstraint("run_id", "dataset_id"),
)

model_inputs = Table(
    "model_inputs",
    metadata,
    Column("input_id", Integer, primary_key=True),
    _workspace(),
    Column("run_id", Integer, nullable=False),
    Column("model_uuid", Text, nullable=False),
    UniqueConstraint("run_id", "model_uuid"),
)

model_outputs = Table(
    "model_outputs",
    metadata,
    Column("output_id", Integer, primary_key=True),
    _workspace(),
    Column("run_id", Integer, nullable=False),
    Column("model_uuid", Text, nullable=False),
    Column("step", BigInteger, nullable=False),
    Index("model_outputs_by_run", "run_id"),
)

models = Table(
    "models",
    metadata,
    Column("model_id", Integer, primary_key=True),
    Column("uuid", Text, nullable=False, unique=True),
    _workspace(),
    Column("experiment_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("artifact_uri", Text, nullable=False),
    Column("creation_ms", BigInteger, nullable=False),
    Column("last_update_ms", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("model_type", Text, nullable=False),
    Column("source_run_id", Text, nullable=False),
    Index("models_by_experiment", "experiment_id", "stage", "creation_ms"),
    # Of models in the bin only, which its migration says; see ``segments_damaged``.
    Index("models_in_bin", "workspace_id", "last_update_ms", "uuid"),
)


def _model_texts(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("model_id", Integer, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("value", Text, nullable=False),
        Column("number", Float(53)),
        _workspace(),
        sqlite_with_rowid=False,
    )


model_params = _model_texts("model_params")
model_tags = _model_texts("model_tags")

# Named places for files. The options are a JSON object; sealed is what ``artifacts.vault`` made of
# the credentials.
datastores = Table(
    "datastores",
    metadata,
    Column("datastore_id", Integer, primary_key=True),
    _workspace(),
    Column("name", Text, nullable=False),
    Column("uri", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    Column("description", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("sealed", LargeBinary),
    UniqueConstraint("workspace_id", "name"),
)

# What a workspace says about its files; it has no row until it says something.
storage_rules = Table(
    "storage_rules",
    metadata,
    Column("workspace_id", Integer, primary_key=True, autoincrement=False),
    Column("default_datastore", Text, nullable=False),
    Column("max_file_bytes", BigInteger),
    Column("quota_bytes", BigInteger),
)

storage_use = Table(
    "storage_use",
    metadata,
    Column("workspace_id", Integer, primary_key=True, autoincrement=False),
    Column("datastore", Text, primary_key=True),
    Column("used_bytes", BigInteger, nullable=False),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("entry_id", Integer, primary_key=True),
    _workspace(),
    Column("at_ms", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("audit_log_by_time", "workspace_id", "at_ms"),
)

# The files of runs and models that are gone, until they are deleted too. Whoever is at it has them
# for himself until next_ms.
purged_files = Table(
    "purged_files",
    metadata,
    Column("entry_id", Integer, primary_key=True),
    _workspace(),
    Column("owner_uuid", Text, nullable=False),
    Column("artifact_uri", Text, nullable=False),
    Column("next_ms", BigInteger, nullable=False),
)

# Every metric measured on a logged model; the runs' histories have the same points.
model_metrics = Table(
    "model_metrics",
    metadata,
    Column("metric_id", Integer, primary_key=True),
    _workspace(),
    Column("model_uuid", Text, nullable=False),
    Column("run_uuid", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("value", Float(53), nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("dataset_name", Text),
    Column("dataset_digest", Text),
    Index("model_metrics_by_model", "model_uuid", "key"),
    Index("model_metrics_by_run", "run_uuid"),
)
