"""Time `millpond score` against a plain `mlflow.pyfunc.spark_udf` script, on the same table.

python -m bench.scoring [--rows 5000000] [--workers 1,2] [--dir DIR], in an environment with mlflow,
pyspark and scikit-learn (.venvs/client-flavors), with a server to be had as `millpond`.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
from rich.console import Console
from rich.table import Table

from demo.server import Server

FEATURES = [f"f{n}" for n in range(10)]
BLOCK_ROWS = 250_000
ROOT = Path(__file__).parents[1]

SPARK = """\
import sys
import mlflow
from pyspark.sql import SparkSession

uri, source, output = sys.argv[1:]
spark = SparkSession.builder.master("local[*]").getOrCreate()
predict = mlflow.pyfunc.spark_udf(spark, uri, "long", env_manager="local")
table = spark.read.parquet(source)
scored = table.where("f0 > -1.0").withColumn("prediction", predict(*[f"f{n}" for n in range(10)]))
scored.write.mode("overwrite").parquet(output)
spark.stop()
"""
TRAIN = """\
import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(1)
rows = pd.DataFrame(rng.normal(size=(5_000, 10)), columns=[f"f{n}" for n in range(10)])
target = (rows["f0"] + rows["f1"] > 0).astype(int)
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, target)
mlflow.set_experiment("bench")
with mlflow.start_run():
    mlflow.sklearn.log_model(
        model,
        name="model",
        registered_model_name="bench",
        signature=infer_signature(rows, model.predict(rows)),
        pip_requirements=["scikit-learn"],
    )
"""


def write_table(path: Path, rows: int) -> None:
    rng = np.random.default_rng(2)
    writer = None
    for start in range(0, rows, BLOCK_ROWS):
        count = min(BLOCK_ROWS, rows - start)
        frame = pd.DataFrame(rng.normal(size=(count, len(FEATURES))), columns=FEATURES)
        frame.insert(0, "id", np.arange(start, start + count))
        table = pa.Table.from_pandas(frame, preserve_index=False)
        writer = writer or pyarrow.parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    writer.close()


def timed(command: list[str], environ: dict[str, str]) -> tuple[float, float]:
    """Seconds from start to end, and the largest memory of any process of it, in megabytes."""
    began = time.perf_counter()
    ran = subprocess.run(command, env=environ, capture_output=True, text=True)
    if ran.returncode != 0:
        sys.exit(ran.stdout + ran.stderr)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return time.perf_counter() - began, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--dir", type=Path, default=Path("millpond-bench"))
    parser.add_argument("--millpond", default=str(ROOT / ".venv/bin/millpond"))
    asked = parser.parse_args()
    asked.dir.mkdir(parents=True, exist_ok=True)
    source, console = asked.dir / f"rows-{asked.rows}.parquet", Console()
    if not source.exists():
        console.print(f"Writing {asked.rows:,} rows")
        write_table(source, asked.rows)
    server = Server([asked.millpond], asked.dir / "server")
    server.start()
    environ = os.environ | {
        "MLFLOW_TRACKING_URI": server.url,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT / "src"),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    try:
        timed([sys.executable, "-c", TRAIN], environ)
        figures: list[tuple[str, float, float]] = []
        for workers in asked.workers.split(","):
            command = [sys.executable, "-m", "millpond", "score", "--model", "models:/bench/latest"]
            command += ["--input", str(source), "--output", str(asked.dir / "scored.parquet")]
            command += ["--where", "f0 > -1.0", "--overwrite", "--workers", workers]
            figures.append((f"millpond score, {workers} worker(s)", *timed(command, environ)))
        outputs = [str(source), str(asked.dir / "by-spark")]
        command = [sys.executable, "-c", SPARK, "models:/bench/latest", *outputs]
        figures.append(("mlflow.pyfunc.spark_udf, local[*]", *timed(command, environ)))
    finally:
        server.stop()
    slowest = figures[-1][1]
    table = Table("", "seconds", "rows/s", "times as fast")
    for name, seconds, _ in figures:
        rate, ratio = asked.rows / seconds, slowest / seconds
        table.add_row(name, f"{seconds:.1f}", f"{rate:,.0f}", f"{ratio:.1f}")
    console.print(table)
    check(asked.dir / "scored.parquet", asked.dir / "by-spark", console)


def check(ours: Path, theirs: Path, console: Console) -> None:
    """Both have scored the same rows alike."""
    left = pyarrow.parquet.read_table(ours, columns=["id", "prediction"]).to_pandas()
    right = pyarrow.parquet.read_table(theirs, columns=["id", "prediction"]).to_pandas()
    same = (
        left.sort_values("id")
        .reset_index(drop=True)
        .equals(right.sort_values("id").reset_index(drop=True).astype(left.dtypes.to_dict()))
    )
    console.print(f"{len(left):,} rows scored by both; they {'agree' if same else 'DIFFER'}.")


if __name__ == "__main__":
    main()
