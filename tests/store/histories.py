"""Random histories: what users may do to a store in a while, told as data, and how to do it."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st
from msgspec import Struct

from millpond.domain.datasets import CONTEXT_TAG, Dataset, DatasetInput
from millpond.domain.experiments import Tag
from millpond.domain.metrics import Point
from millpond.domain.models import ModelStatus
from millpond.domain.registry import ModelStage
from millpond.domain.runs import RUN_NAME_TAG, Batch, ModelOutput, Param, RunStatus
from millpond.domain.webhooks import KNOWN_EVENTS, DeliveryStatus, Dialect, Webhook, WebhookStatus
from millpond.registry import actions as registry
from millpond.registry import gates, model_versions, registered_models, reviews, webhooks
from millpond.registry.sources import SourceRules
from millpond.store.contract import Transaction
from millpond.tracking import actions as tracking

# Few of each, so that histories come back to the same things, and searches find them.
METRICS = ["m", "é"]
PARAMS = ["p", "p q"]
TAGS = ["t", RUN_NAME_TAG]
NAMES = ["churn", "Churn", "100%/é"]
TEXTS = ["", "a", "A", "İ", "a%", "it's\n", "10", "1e1", "0.5", "nan", "x" * 300]
VALUES = [0.0, -0.0, 0.5, 1.0, 1e308, float("inf"), -float("inf"), float("nan")]
TIMES = [1, 2, 2**63 - 1]
STEPS = [0, 1, -(2**63)]
DATASETS = ["iris", "wine"]
DIGESTS = ["1", "2"]
REGISTERED = ["a", "Ä", "b"]
ALIASES = ["champion", "x"]
REGISTRY_TAGS = ["t", "mlflow.prompt.is_prompt"]
RULES = ["metrics.m > champion.metrics.m", "tags.t = 'a'", "version_number < 3"]
SOURCES = ["s3://b/1", "models:/a/1", "models:/a@x", "models:/Ä/latest", "models:/m-b0", "runs:/c0"]

Action = Callable[[Transaction], Any]

# The first of everything is what most things happen to; the last is often not there.
small = st.sampled_from([0, 0, 0, 1, 1, 2, 4])
texts = st.sampled_from(TEXTS)
times = st.sampled_from(TIMES)
optional_times = st.none() | times
tags = st.lists(st.builds(Tag, st.sampled_from(TAGS), texts), max_size=3)
params = st.lists(st.builds(Param, st.sampled_from(PARAMS), texts), max_size=3)
dataset_fields = st.none() | st.sampled_from(DATASETS), st.none() | st.sampled_from(DIGESTS)


class Measured(Struct, frozen=True):
    """A point before it is known which logged model it names."""

    key: str
    value: float
    timestamp: int
    step: int
    model: int | None
    dataset_name: str | None
    dataset_digest: str | None


plain_points = st.builds(
    Measured,
    st.sampled_from(METRICS),
    st.sampled_from(VALUES),
    st.sampled_from(TIMES),
    st.sampled_from(STEPS),
    st.none(),
    st.none(),
    st.none(),
)
points = plain_points | st.builds(
    Measured,
    st.sampled_from(METRICS),
    st.sampled_from(VALUES),
    st.sampled_from(TIMES[:2]),
    st.sampled_from(STEPS[:2]),
    st.none() | small,
    *dataset_fields,
)
names = st.sampled_from([*REGISTERED, "a", "a"])
numbers = st.sampled_from([1, 1, 2, 3, 5])
registry_tag = st.builds(Tag, st.sampled_from(REGISTRY_TAGS), st.sampled_from(["true", "1", "a"]))
registry_tags = st.just([]) | st.lists(registry_tag, max_size=2)
users = st.sampled_from(["", "alice", "bob"])
batches = st.lists(points, max_size=6)
inputs = st.lists(
    st.builds(
        DatasetInput,
        st.builds(Dataset, st.sampled_from(DATASETS), st.sampled_from(DIGESTS), st.just("local")),
        st.lists(
            st.builds(
                Tag, st.sampled_from([CONTEXT_TAG, "other"]), st.sampled_from(["a", "b", ""])
            ),
            max_size=3,
        ).map(tuple),
    ),
    max_size=3,
)


def _step(kind: str, *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.tuples(st.just(kind), *parts)


_actions = {
    "create_experiment": (st.sampled_from(NAMES), tags),
    "rename_experiment": (small, st.sampled_from(NAMES)),
    "delete_experiment": (small,),
    "restore_experiment": (small,),
    "set_experiment_tag": (small, st.sampled_from(TAGS), texts),
    "delete_experiment_tag": (small, st.sampled_from(TAGS)),
    "create_run": (small, texts, times, tags),
    "update_run": (small, st.none() | st.sampled_from(RunStatus), optional_times, texts),
    "delete_run": (small,),
    "restore_run": (small,),
    "purge_run": (small, st.integers(0, 2)),
    "purge_model": (small, st.sampled_from(TIMES)),
    "log_metric": (small, points),
    "log_batch": (small, batches, params, tags),
    "log_param": (small, st.sampled_from(PARAMS), texts),
    "set_tag": (small, st.sampled_from(TAGS), texts),
    "delete_tag": (small, st.sampled_from(TAGS)),
    "log_inputs": (small, inputs, st.lists(small, max_size=2)),
    "log_outputs": (small, st.lists(st.tuples(small, small), max_size=2)),
    "record_logged_model": (small, texts),
    "look_while_logging": (small, batches, batches, st.booleans()),
    "create_model": (small, st.sampled_from(["net", "Net", "tree"]), params, tags, times),
    "finalize_model": (small, st.sampled_from(ModelStatus), times),
    "delete_model": (small, times),
    "log_model_params": (small, params),
    "set_model_tags": (small, tags),
    "delete_model_tag": (small, st.sampled_from(TAGS)),
    "register": (names, texts, registry_tags),
    "rename_registered": (names, names),
    "describe_registered": (names, texts),
    "delete_registered": (names,),
    "tag_registered": (names, registry_tag),
    "untag_registered": (names, st.sampled_from(REGISTRY_TAGS)),
    "set_alias": (names, st.sampled_from(ALIASES), numbers),
    "delete_alias": (names, st.sampled_from(ALIASES)),
    "create_version": (names, st.sampled_from(SOURCES), st.none() | small, registry_tags),
    "describe_version": (names, numbers, st.none() | texts),
    "move_version": (names, numbers, st.sampled_from(ModelStage), st.booleans()),
    "delete_version": (names, numbers),
    "tag_version": (names, numbers, registry_tag),
    "untag_version": (names, numbers, st.sampled_from(REGISTRY_TAGS)),
    "comment": (names, numbers, texts),
    "change_comment": (small, texts),
    "delete_comment": (small,),
    "request_transition": (names, numbers, st.sampled_from(ModelStage), users),
    "answer_request": (names, numbers, st.sampled_from(ModelStage), st.booleans()),
    "cancel_request": (names, numbers, st.sampled_from(ModelStage), users),
    "lock": (names, numbers, st.sampled_from(["job", "Endpoint"]), texts),
    "unlock": (names, numbers, st.sampled_from(["job", "Endpoint"])),
    "set_gate": (names, st.sampled_from(ALIASES), st.sampled_from(RULES)),
    "delete_gate": (names, st.sampled_from(ALIASES)),
    "create_webhook": (st.none() | names, st.sampled_from(Dialect)),
    "change_webhook": (small, st.sampled_from(WebhookStatus)),
    "delete_webhook": (small,),
    "deliver": (st.integers(1, 6), st.sampled_from(DeliveryStatus)),
}
# What is done often is drawn often.
_weights = {
    "create_run": 3,
    "log_batch": 6,
    "log_metric": 4,
    "look_while_logging": 5,
    "log_inputs": 3,
    "create_version": 4,
    "register": 2,
}
actions = st.sampled_from(
    [kind for kind in _actions for _ in range(_weights.get(kind, 1))]
).flatmap(lambda kind: _step(kind, *_actions[kind]))

# Some actions that share one commit, or a moment when the store is compacted or opened anew.
steps = st.lists(actions, min_size=3, max_size=10) | st.sampled_from(["compact", "reopen"])
beginning = [
    ("create_experiment", "churn", []),
    ("create_experiment", "100%/é", [Tag("t", "a")]),
    ("create_run", 0, "", 1, []),
    ("create_run", 0, "b", 1, [Tag("t", "a")]),
    ("create_model", 0, "net", [], [], 1),
    ("register", "a", "", []),
    ("create_version", "a", "s3://b/1", None, []),
]
histories = st.lists(steps, min_size=2, max_size=12)


class Author:
    """Turns the steps of a history into actions. Two authors of one history say the same."""

    def __init__(self) -> None:
        self.run_ids: list[str] = []
        self.model_ids: list[str] = []
        self.comment_ids: list[str] = []
        self.webhook_ids: list[str] = []
        self.now_ms = 1_000

    def action(self, step: Sequence[Any]) -> Action:
        """Raises what the action's own checks raise."""
        kind, *parts = step
        # Every other moment has the time of the one before.
        self.now_ms += len(kind) % 2
        return getattr(self, f"_{kind}")(*parts)

    def run_id(self, number: int) -> str:
        return self.run_ids[number] if number < len(self.run_ids) else "nobody"

    def model_id(self, number: int) -> str:
        return self.model_ids[number] if number < len(self.model_ids) else "m-nobody"

    def _points(self, measured: Sequence[Measured]) -> list[Point]:
        return [
            Point(
                m.key,
                m.value,
                m.timestamp,
                m.step,
                None if m.model is None else self.model_id(m.model),
                m.dataset_name,
                m.dataset_digest,
            )
            for m in measured
        ]

    def _create_experiment(self, name: str, tags: Sequence[Tag]) -> Action:
        return tracking.create_experiment(name, "", tags, "mlflow-artifacts:", self.now_ms)

    def _rename_experiment(self, number: int, name: str) -> Action:
        return tracking.rename_experiment(number + 1, name, self.now_ms)

    def _delete_experiment(self, number: int) -> Action:
        return tracking.delete_experiment(number + 1, self.now_ms)

    def _restore_experiment(self, number: int) -> Action:
        return tracking.restore_experiment(number + 1, self.now_ms)

    def _set_experiment_tag(self, number: int, key: str, value: str) -> Action:
        return tracking.set_experiment_tag(number + 1, Tag(key, value))

    def _delete_experiment_tag(self, number: int, key: str) -> Action:
        return tracking.delete_experiment_tag(number + 1, key)

    def _create_run(self, number: int, name: str, start_ms: int, tags: Sequence[Tag]) -> Action:
        # Ids do not come in the order of creation.
        run_id = f"{'cadbe'[len(self.run_ids) % 5]}{len(self.run_ids)}"
        self.run_ids.append(run_id)
        experiment_id = 1 + number % 3
        return tracking.create_run(run_id, experiment_id, name, "otter", "alice", start_ms, tags)

    def _update_run(
        self, number: int, status: RunStatus | None, end_ms: int | None, name: str
    ) -> Action:
        return tracking.update_run(self.run_id(number), status, end_ms, name)

    def _delete_run(self, number: int) -> Action:
        return tracking.delete_run(self.run_id(number), self.now_ms)

    def _restore_run(self, number: int) -> Action:
        return tracking.restore_run(self.run_id(number))

    def _purge_run(self, number: int, age_ms: int) -> Action:
        run_id, before_ms = self.run_id(number), self.now_ms - age_ms
        return lambda tx: tx.purge_run(run_id, before_ms)

    def _purge_model(self, number: int, before_ms: int) -> Action:
        model_id = self.model_id(number)
        return lambda tx: tx.purge_model(model_id, before_ms)

    def _log_metric(self, number: int, measured: Measured) -> Action:
        return tracking.log_metric(self.run_id(number), self._points([measured])[0])

    def _log_batch(
        self,
        number: int,
        measured: Sequence[Measured],
        params: Sequence[Param],
        tags: Sequence[Tag],
    ) -> Action:
        batch = Batch(self._points(measured), params, tags)
        return tracking.log_batch(self.run_id(number), batch)

    def _log_param(self, number: int, key: str, value: str) -> Action:
        return tracking.log_param(self.run_id(number), Param(key, value))

    def _set_tag(self, number: int, key: str, value: str) -> Action:
        return tracking.set_tag(self.run_id(number), Tag(key, value))

    def _delete_tag(self, number: int, key: str) -> Action:
        return tracking.delete_tag(self.run_id(number), key)

    def _log_inputs(
        self, number: int, datasets: Sequence[DatasetInput], models: Sequence[int]
    ) -> Action:
        model_ids = [self.model_id(model) for model in models]
        return tracking.log_inputs(self.run_id(number), datasets, model_ids)

    def _log_outputs(self, number: int, outputs: Sequence[tuple[int, int]]) -> Action:
        made = [ModelOutput(self.model_id(model), step) for model, step in outputs]
        return tracking.log_outputs(self.run_id(number), made)

    def _record_logged_model(self, number: int, path: str) -> Action:
        model = {
            "run_id": self.run_id(number),
            "artifact_path": path,
            "utc_time_created": "now",
            "flavors": {"sklearn": {"config": 1, "version": path}},
        }
        return tracking.record_logged_model(self.run_id(number), json.dumps(model))

    def _look_while_logging(
        self, number: int, before: Sequence[Measured], after: Sequence[Measured], fails: bool
    ) -> Action:
        """Points, a look at them that makes the store write them down, points, and maybe a fall."""
        run_id = self.run_id(number)
        first = tracking.log_batch(run_id, Batch(self._points(before)))
        second = tracking.log_batch(run_id, Batch(self._points(after)))

        def act(tx: Transaction) -> Any:
            first(tx)
            seen = (tx.run(run_id), tx.history(run_id, "m").points())
            second(tx)
            if fails:
                raise LookupError(repr(seen))
            return seen

        return act

    def _create_model(
        self,
        number: int,
        name: str,
        params: Sequence[Param],
        tags: Sequence[Tag],
        now_ms: int,
    ) -> Action:
        model_id = f"m-{'bca'[len(self.model_ids) % 3]}{len(self.model_ids)}"
        self.model_ids.append(model_id)
        return registry.create_model(
            model_id, 1 + number % 3, name, "agent", self.run_id(number), params, tags, now_ms
        )

    def _finalize_model(self, number: int, status: ModelStatus, now_ms: int) -> Action:
        return registry.finalize_model(self.model_id(number), status, now_ms)

    def _delete_model(self, number: int, now_ms: int) -> Action:
        return registry.delete_model(self.model_id(number), now_ms)

    def _log_model_params(self, number: int, params: Sequence[Param]) -> Action:
        return registry.log_model_params(self.model_id(number), params)

    def _set_model_tags(self, number: int, tags: Sequence[Tag]) -> Action:
        return registry.set_model_tags(self.model_id(number), tags)

    def _delete_model_tag(self, number: int, key: str) -> Action:
        return registry.delete_model_tag(self.model_id(number), key)

    def _register(self, name: str, description: str, tags: Sequence[Tag]) -> Action:
        return registered_models.create_registered_model(name, description, tags, self.now_ms)

    def _rename_registered(self, name: str, new_name: str) -> Action:
        return registered_models.rename_registered_model(name, new_name, self.now_ms)

    def _describe_registered(self, name: str, description: str) -> Action:
        return registered_models.describe_registered_model(name, description, self.now_ms)

    def _delete_registered(self, name: str) -> Action:
        return registered_models.delete_registered_model(name)

    def _tag_registered(self, name: str, tag: Tag) -> Action:
        return registered_models.set_registered_model_tag(name, tag, self.now_ms)

    def _untag_registered(self, name: str, key: str) -> Action:
        return registered_models.delete_registered_model_tag(name, key, self.now_ms)

    def _set_alias(self, name: str, alias: str, number: int) -> Action:
        return registered_models.set_alias(name, alias, number, self.now_ms)

    def _delete_alias(self, name: str, alias: str) -> Action:
        return registered_models.delete_alias(name, alias, self.now_ms)

    def _create_version(
        self, name: str, source: str, model: int | None, tags: Sequence[Tag]
    ) -> Action:
        model_id = None if model is None else self.model_id(model)
        return model_versions.create_version(
            name, source, None, model_id, "", "", tags, SourceRules(), self.now_ms
        )

    def _describe_version(self, name: str, number: int, description: str | None) -> Action:
        return model_versions.describe_version(name, number, description, self.now_ms)

    def _move_version(
        self, name: str, number: int, stage: ModelStage, archive_others: bool
    ) -> Action:
        return model_versions.move_version(name, number, stage, archive_others, self.now_ms)

    def _delete_version(self, name: str, number: int) -> Action:
        return model_versions.delete_version(name, number, self.now_ms)

    def _tag_version(self, name: str, number: int, tag: Tag) -> Action:
        return model_versions.set_version_tag(name, number, tag, self.now_ms)

    def _untag_version(self, name: str, number: int, key: str) -> Action:
        return model_versions.delete_version_tag(name, number, key, self.now_ms)

    def _comment(self, name: str, number: int, text: str) -> Action:
        comment_id = f"c{len(self.comment_ids)}"
        self.comment_ids.append(comment_id)
        return reviews.add_comment(comment_id, name, number, text, self.now_ms)

    def _change_comment(self, number: int, text: str) -> Action:
        return reviews.change_comment(f"c{number}", text, self.now_ms)

    def _delete_comment(self, number: int) -> Action:
        return reviews.delete_comment(f"c{number}")

    def _request_transition(self, name: str, number: int, stage: ModelStage, who: str) -> Action:
        return reviews.request_transition(name, number, stage, "please", self.now_ms, who)

    def _answer_request(self, name: str, number: int, stage: ModelStage, is_good: bool) -> Action:
        if is_good:
            return reviews.approve_transition(name, number, stage, False, "", self.now_ms)
        return reviews.reject_transition(name, number, stage, "no", self.now_ms)

    def _cancel_request(self, name: str, number: int, stage: ModelStage, who: str) -> Action:
        return reviews.cancel_transition(name, number, stage, who, "", self.now_ms)

    def _lock(self, name: str, number: int, holder: str, reason: str) -> Action:
        return reviews.lock_version(name, number, holder, reason, self.now_ms)

    def _unlock(self, name: str, number: int, holder: str) -> Action:
        return reviews.unlock_version(name, number, holder, self.now_ms)

    def _set_gate(self, name: str, alias: str, rule: str) -> Action:
        return gates.set_gate(name, alias, rule, self.now_ms)

    def _delete_gate(self, name: str, alias: str) -> Action:
        return gates.delete_gate(name, alias, self.now_ms)

    def _create_webhook(self, model: str | None, dialect: Dialect) -> Action:
        webhook_id = f"w{len(self.webhook_ids)}"
        self.webhook_ids.append(webhook_id)
        return webhooks.create_webhook(
            Webhook(
                webhook_id=webhook_id,
                dialect=dialect,
                url="https://example.com/hook",
                events=tuple(KNOWN_EVENTS[dialect]),
                creation_ms=self.now_ms,
                last_update_ms=self.now_ms,
                model=model,
                sealed=b"\x00secret",
            )
        )

    def _change_webhook(self, number: int, status: WebhookStatus) -> Action:
        return webhooks.change_webhook(f"w{number}", self.now_ms, status=status)

    def _delete_webhook(self, number: int) -> Action:
        return webhooks.delete_webhook(f"w{number}")

    def _deliver(self, nth: int, status: DeliveryStatus) -> Action:
        """What the sender does with one of the messages that are due."""
        now_ms = self.now_ms

        def act(tx: Transaction) -> Any:
            due = tx.due_deliveries(now_ms, nth)
            if due:
                tx.change_delivery(
                    due[-1].delivery_id,
                    attempts=due[-1].attempts + 1,
                    next_ms=now_ms + nth,
                    status=status,
                    answer="said",
                )
            forgotten = tx.delete_deliveries(now_ms) if nth == 6 else 0
            return ([(d.webhook_id, d.event, d.body) for d in due], forgotten)

        return act
