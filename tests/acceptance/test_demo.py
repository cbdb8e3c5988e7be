"""What `make demo ARGS=--exit` runs."""

import os
import re
import subprocess
from pathlib import Path

import pyarrow.parquet
import pytest

from tests.acceptance.environments import ROOT, make_environment


@pytest.mark.timeout(900)
def test_the_demo_trains_its_sweep_shows_the_best_releases_it_and_ends(tmp_path: Path) -> None:
    python = make_environment("demo") / "python"
    ran = subprocess.run(
        [python, "-m", "demo", "--exit", "--data-dir", tmp_path / "data"],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "100"},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Best runs, by mlflow.search_runs" in ran.stdout
    assert "loaded back by mlflow.pyfunc.load_model" in ran.stdout
    for task, score in (("breast-cancer", "accuracy"), ("digits", "accuracy"), ("diabetes", "r2")):
        # Three of the table, and the best one judged.
        assert len(re.findall(rf"^ +{task} .*\b{score} 0\.", ran.stdout, re.M)) == 4, ran.stdout
    words = " ".join(ran.stdout.split())
    assert "version 1 is the champion now" in words
    assert "version 2 stays behind the gate" in words
    scored = re.search(r"(\d+) of 200000 rows scored with models:/breast-cancer/1", words)
    assert scored, words
    table = pyarrow.parquet.read_table(tmp_path / "data/demo-tables/scored.parquet")
    assert table.column_names == ["patient", "prediction"]
    assert table.num_rows == int(scored[1])
    assert "The server has stopped." in ran.stdout
