"""What the client does from the command line: the mlflow command, and projects."""

import subprocess

import mlflow
import pytest
from click.testing import CliRunner
from mlflow.cli import cli

PROJECT = {
    "MLproject": """\
name: churn
entry_points:
  main:
    parameters:
      rate: {type: float, default: 0.1}
      name: string
    command: "python train.py {rate} {name}"
""",
    "train.py": """\
import sys

import mlflow

with mlflow.start_run():
    mlflow.log_metric("rate", float(sys.argv[1]), step=3)
    mlflow.set_tag("name", sys.argv[2])
    mlflow.log_text("done", "done.txt")
""",
}


@pytest.fixture
def project(tmp_path):
    for name, text in PROJECT.items():
        (tmp_path / name).write_text(text)
    return str(tmp_path)


def run(*words):
    """The output of an mlflow command that must succeed."""
    # In this process: starting another one for each word typed would take seconds.
    done = CliRunner().invoke(cli, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def check_project_run(client, found):
    kept = client.get_run(found.info.run_id)
    assert kept.info.status == "FINISHED"
    assert kept.data.params == {"rate": "0.5", "name": "carol"}
    assert kept.data.metrics == {"rate": 0.5}
    assert kept.data.tags["name"] == "carol"
    assert kept.data.tags["mlflow.project.entryPoint"] == "main"
    assert kept.data.tags["mlflow.source.type"] == "PROJECT"
    assert [entry.path for entry in client.list_artifacts(found.info.run_id)] == ["done.txt"]


def test_a_project_runs_from_python(client, experiment_id, project):
    submitted = mlflow.projects.run(
        project,
        parameters={"rate": 0.5, "name": "carol"},
        env_manager="local",
        experiment_id=experiment_id,
    )
    assert submitted.wait()
    check_project_run(client, client.get_run(submitted.run_id))


def test_a_project_runs_from_the_command_line(client, experiment_id, project):
    words = ("--env-manager", "local", "--experiment-id", experiment_id)
    command = ["mlflow", "run", project, "-P", "rate=0.5", "-P", "name=carol", *words]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = client.search_runs([experiment_id])
    check_project_run(client, found)


def test_experiments_and_runs_are_managed_from_the_command_line(client, unique):
    name = unique("from the shell")
    created = run("experiments", "create", "--experiment-name", name)
    experiment_id = client.get_experiment_by_name(name).experiment_id
    assert experiment_id in created
    assert name in run("experiments", "search")
    made = client.create_run(experiment_id, run_name="shell run").info.run_id
    listed = run("runs", "list", "--experiment-id", experiment_id)
    assert made in listed
    assert "shell run" in listed
    run("runs", "delete", "--run-id", made)
    run("runs", "restore", "--run-id", made)
    assert client.get_run(made).info.lifecycle_stage == "active"


def test_artifacts_are_moved_from_the_command_line(client, run_id, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/größe.txt").write_text("✓")
    run("artifacts", "log-artifacts", "--local-dir", str(tmp_path / "in"), "--run-id", run_id)
    assert "gr" in run("artifacts", "list", "--run-id", run_id)
    (tmp_path / "out").mkdir()
    run("artifacts", "download", "--run-id", run_id, "--dst-path", str(tmp_path / "out"))
    assert (tmp_path / "out/größe.txt").read_text() == "✓"
