"""What `make demo ARGS=--exit` runs."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.environments import ROOT, make_environment


@pytest.mark.timeout(900)
def test_the_demo_trains_its_sweep_shows_the_best_and_ends(tmp_path: Path) -> None:
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
    assert "The server has stopped." in ran.stdout
