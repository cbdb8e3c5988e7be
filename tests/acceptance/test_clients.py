"""Stock MLflow clients against a real server.

The scenarios are plain pytest files that know nothing of Millpond. Each runs in the environment of
each client, as a user's program would, and is one test here; a failure shows that run's own words.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.acceptance.environments import make_environment
from tests.server_process import ServerProcess, running_server

FOLDER = Path(__file__).parent / "scenarios"
SCENARIOS = sorted({path.stem for path in FOLDER.glob("*.py")} - {"conftest"})
CLIENTS = ["mlflow3", "mlflow2"]
# The client "flavors" has every library of models, and Spark; it runs only what needs them.
ONLY_FOR = {
    "logged_models": ["mlflow3"],
    "webhooks": ["mlflow3"],
    "flavors": ["flavors"],
    "spark_scoring": ["flavors"],
}
RUNS = [(client, s) for s in SCENARIOS for client in ONLY_FOR.get(s, CLIENTS)]
LIMIT_S = 240


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all scenarios, that must not have had trouble with any of them."""
    with running_server(tmp_path_factory.mktemp("acceptance") / "data") as server:
        yield server
    assert "ERROR" not in server.words


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("client", "scenario"), RUNS)
def test_a_stock_client_is_served(
    client: str, scenario: str, server: ServerProcess, tmp_path: Path
) -> None:
    ran = run_scenario(client, scenario, server.url, tmp_path)
    if ran.returncode != 0:
        pytest.fail(f"{scenario} with {client}:\n{ran.stdout}{ran.stderr}", pytrace=False)


def run_scenario(
    client: str, scenario: str, url: str, folder: Path, variables: Mapping[str, str] = {}
) -> "subprocess.CompletedProcess[str]":
    """Run one scenario file in a client's environment; folder is its temporary one.

    variables: of the client's environment, beside the usual ones.
    """
    programs = make_environment(f"client-{client}")
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "PYTEST_"))}
    environ |= {
        "PATH": f"{programs}{os.pathsep}{environ['PATH']}",
        "MLFLOW_TRACKING_URI": url,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        # The client would hide an answer of 500 behind minutes of asking again.
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "MPLBACKEND": "agg",
        **variables,
    }
    command: list[str | Path] = [programs / "python", "-m", "pytest"]
    command += ["-q", "--tb=short", "--no-header", "-p", "no:cacheprovider"]
    command += ["-c", FOLDER / "pytest.ini", "--basetemp", folder / "scenario"]
    command += [FOLDER / f"{scenario}.py"]
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=LIMIT_S
    )
