"""The demo's sweep without its training: the same experiments, runs, curves, files and models,
logged over the protocol in about a second."""

import json
import math
import random
import struct
import zlib
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import httpx

START_MS = 1_780_000_000_000
STEPS = 200
FEATURES = ["age", "sex", "bmi", "bp", "s1", "s2"]
COMMIT = "5d0f3a1c2b4e69788796a5b4c3d2e1f001234567"

_BOOSTING = [
    {"learning_rate": rate, "max_depth": depth} for rate in (0.03, 0.1, 0.3) for depth in (2, 3)
]
_PERCEPTRON = [
    {"hidden_units": units, "alpha": alpha} for units in (16, 32, 64) for alpha in (0.0001, 0.1)
]
_FEW = [("perceptron", params) for params in _PERCEPTRON[:4]]
_BOTH = [*(("boosting", params) for params in _BOOSTING), *_FEW]
# Of each: the figure that decides, about how high it gets, and the candidates.
TASKS = {
    "breast-cancer": ("accuracy", 0.9, _BOTH),
    "digits": ("accuracy", 0.93, [("perceptron", params) for params in _PERCEPTRON]),
    "diabetes": ("r2", 0.3, _BOTH),
}


@dataclass
class Sample:
    """What was logged: ids by name."""

    experiments: dict[str, str] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    models: list[str] = field(default_factory=list)


class Client:
    """The calls of the protocol that the sample needs."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=60)

    def close(self) -> None:
        self._http.close()

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self._http.post(f"/api/2.0/mlflow/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        answer = self._http.get(f"/api/2.0/mlflow/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def put(self, path: str, **body: Any) -> dict[str, Any]:
        """A call of the native API."""
        answer = self._http.put(f"/api/v1/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def upload(self, path: str, content: bytes) -> None:
        answer = self._http.put(f"/api/2.0/mlflow-artifacts/artifacts/{path}", content=content)
        assert answer.status_code == 200, answer.text


def log_sample(url: str) -> Sample:
    """Log it all to the server at ``url``."""
    with closing(Client(url)) as client:
        return _log_sample(client)


def _log_sample(client: Client) -> Sample:
    sample = Sample()
    rng = random.Random(7)
    begun_ms = START_MS
    for task, (score, base, candidates) in TASKS.items():
        made = client.post(
            "experiments/create",
            name=f"demo/{task}",
            tags=[{"key": "kind", "value": "regression" if score == "r2" else "classification"}],
        )
        experiment = sample.experiments[task] = made["experiment_id"]
        parent = _start(client, experiment, f"{task} sweep", begun_ms, {"role": "parent"})
        sample.runs[f"{task} sweep"] = parent
        note = f"{len(candidates)} candidates, judged by `validation_{score}`."
        client.post("runs/set-tag", run_id=parent, key="mlflow.note.content", value=note)
        client.post(
            "runs/log-batch",
            run_id=parent,
            params=[{"key": "candidates", "value": str(len(candidates))}],
        )
        for number, (family, params) in enumerate(candidates):
            values = " ".join(f"{key.rpartition('_')[2]}={value}" for key, value in params.items())
            name = f"{family} {values}"
            start_ms = begun_ms + number * 60_000
            tags = {"role": "candidate", "kind": "sweep", "mlflow.parentRunId": parent}
            run = _start(client, experiment, name, start_ms, tags)
            sample.runs[f"{task} {name}"] = run
            _log_candidate(client, rng, run, score, base, family, params, start_ms)
            _log_files(client, experiment, run)
            if number == 0:
                sample.models.append(_log_model(client, experiment, run, start_ms))
            _finish(client, run, start_ms + 40_000 + 1_000 * number)
        _finish(client, parent, begun_ms + len(candidates) * 60_000)
        begun_ms += 3_600_000
    return sample


def _start(client: Client, experiment: str, name: str, start_ms: int, tags: dict[str, str]) -> str:
    own = {
        "mlflow.source.name": "/home/alice/demo/training.py",
        "mlflow.source.type": "LOCAL",
        "mlflow.source.git.commit": COMMIT,
        "mlflow.source.git.branch": "main",
        "mlflow.source.git.repoURL": "https://git.example.org/alice/demo.git",
        "mlflow.user": "alice",
    }
    made = client.post(
        "runs/create",
        experiment_id=experiment,
        run_name=name,
        start_time=start_ms,
        user_id="alice",
        tags=[{"key": key, "value": value} for key, value in {**own, **tags}.items()],
    )
    return made["run"]["info"]["run_id"]


def _finish(client: Client, run: str, end_ms: int) -> None:
    client.post("runs/update", run_id=run, status="FINISHED", end_time=end_ms)


def _log_candidate(
    client: Client,
    rng: random.Random,
    run: str,
    score: str,
    base: float,
    family: str,
    params: dict[str, Any],
    start_ms: int,
) -> None:
    rate = params.get("learning_rate", 0.05) * (1 + params.get("hidden_units", 0) / 32)
    quality = base + 0.06 * math.tanh(8 * rate) - 0.02 * params.get("alpha", 0) + rng.gauss(0, 0.01)
    points = []
    for step in range(STEPS):
        loss = math.exp(-rate * step / 4) + 0.05 + rng.gauss(0, 0.01)
        when = start_ms + step * 150
        points.append({"key": "train_loss", "value": loss, "timestamp": when, "step": step})
        if family == "boosting":
            staged = quality * (1 - math.exp(-(step + 5) / 40)) + rng.gauss(0, 0.004)
            points.append(
                {"key": f"staged_{score}", "value": staged, "timestamp": when, "step": step}
            )
    end = start_ms + STEPS * 150
    other = "mae" if score == "r2" else "f1_macro"
    final = {
        f"validation_{score}": quality,
        f"validation_{other}": 50 - 20 * quality if score == "r2" else quality - 0.01,
        "training_seconds": 3 + rng.random() * 30,
    }
    points += [
        {"key": key, "value": value, "timestamp": end, "step": STEPS - 1}
        for key, value in final.items()
    ]
    logged = {"family": family, **params, "random_state": 7}
    client.post(
        "runs/log-batch",
        run_id=run,
        metrics=points,
        params=[{"key": key, "value": str(value)} for key, value in logged.items()],
    )
    dataset = {
        "name": "training rows",
        "digest": f"d{int(base * 1000)}",
        "source_type": "code",
        "source": '{"tags": {}}',
        "schema": json.dumps(
            {"mlflow_colspec": [{"type": "double", "name": n, "required": True} for n in FEATURES]}
        ),
        "profile": '{"num_rows": 455, "num_elements": 2730}',
    }
    tag = {"key": "mlflow.data.context", "value": "training"}
    client.post("runs/log-inputs", run_id=run, datasets=[{"dataset": dataset, "tags": [tag]}])


def _log_files(client: Client, experiment: str, run: str) -> None:
    root = f"{experiment}/{run}/artifacts"
    client.upload(f"{root}/confusion.png", png(96, 64))
    client.upload(f"{root}/report.md", b"# Report\n\n| class | f1 |\n|---|---|\n| 0 | 0.97 |\n")
    client.upload(f"{root}/tables/predictions.csv", b'row,text,score\n1,"a, b",0.5\n2,c,0.25\n')
    client.upload(f"{root}/tables/split.json", b'{"train": 455, "validation": 114}')
    client.upload(f"{root}/page.html", b"<h1>Drift</h1><script>parent.document.title='!'</script>")


def _log_model(client: Client, experiment: str, run: str, now_ms: int) -> str:
    made = client.post(
        "logged-models",
        experiment_id=experiment,
        name="model",
        source_run_id=run,
        params=[{"key": "family", "value": "boosting"}],
    )
    info = made["model"]["info"]
    model = info["model_id"]
    root = info["artifact_uri"].partition(":/")[2].lstrip("/")
    columns = [{"type": "double", "name": name, "required": True} for name in FEATURES]
    wrapped = json.dumps(columns).replace('}, {"type', '},\n    {"type')
    text = f"""flavors:
  python_function:
    loader_module: mlflow.sklearn
    model_path: model.skops
  sklearn:
    sklearn_version: 1.9.1
mlflow_version: 3.17.2
model_id: {model}
signature:
  inputs: '{wrapped}'
  outputs: '[{{"type": "double", "required": true}}]'
  params: null
utc_time_created: '2026-11-21 09:19:07.438068'
"""
    client.upload(f"{root}/MLmodel", text.encode())
    client.upload(f"{root}/requirements.txt", b"mlflow==3.17.2\nscikit-learn==1.9.1\n")
    client.post("runs/outputs", run_id=run, models=[{"model_id": model, "step": 0}])
    return model


def png(width: int, height: int) -> bytes:
    """A small picture: a checked pattern in grey."""
    rows = b"".join(
        b"\0" + bytes(255 if (x // 16 + y // 16) % 2 else 96 for x in range(width))
        for y in range(height)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
