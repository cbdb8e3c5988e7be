"""Many clients at one registry of a real server."""

import json
import threading
import urllib.error
import urllib.request

import pytest

from tests.server_process import ServerProcess

CLIENTS = 50


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    server = ServerProcess(tmp_path_factory.mktemp("registry") / "data")
    yield server
    assert server.stop() == 0


def post(process, path, **fields):
    request = urllib.request.Request(
        f"{process.url}/api/2.0/mlflow/{path}",
        json.dumps(fields).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def all_at_once(work):
    """What each of the clients found."""
    together = threading.Barrier(CLIENTS)
    found = []

    def run(number):
        together.wait()
        found.append(work(number))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def test_fifty_clients_that_register_one_name_make_the_versions_1_to_50(process):
    def register(number):
        # As every client does it: make the model, and if it is there already so much the better.
        try:
            post(process, "registered-models/create", name="churn")
            told = "made"
        except urllib.error.HTTPError as error:
            told = json.load(error)["error_code"]
        source = f"s3://bucket/{number}"
        created = post(process, "model-versions/create", name="churn", source=source)
        return told, int(created["model_version"]["version"]), source

    found = all_at_once(register)
    others = ["RESOURCE_ALREADY_EXISTS"] * (CLIENTS - 1)
    assert sorted(told for told, _, _ in found) == [*others, "made"]
    assert sorted(version for _, version, _ in found) == list(range(1, CLIENTS + 1))
    query = "filter=name%3D%27churn%27&order_by=version_number"
    url = f"{process.url}/api/2.0/mlflow/model-versions/search?{query}"
    with urllib.request.urlopen(url, timeout=30) as answer:
        kept = {v["version"]: v["source"] for v in json.load(answer)["model_versions"]}
    assert kept == {str(version): source for _, version, source in found}


def test_fifty_clients_that_move_one_alias_leave_it_at_one_version(process):
    post(process, "registered-models/create", name="moved")
    for number in range(CLIENTS):
        post(process, "model-versions/create", name="moved", source=f"s3://bucket/{number}")
    all_at_once(
        lambda number: post(
            process,
            "registered-models/alias",
            name="moved",
            alias="champion",
            version=str(number + 1),
        )
    )
    url = f"{process.url}/api/2.0/mlflow/registered-models/get?name=moved"
    with urllib.request.urlopen(url, timeout=30) as answer:
        (alias,) = json.load(answer)["registered_model"]["aliases"]
    assert alias["alias"] == "champion"
    assert 1 <= int(alias["version"]) <= CLIENTS
