"""Promises about reviews of models and webhooks: what is kept, and what goes with what."""

from typing import Any

import msgspec
import pytest

from millpond.domain.gates import Gate
from millpond.domain.registry import ModelStage
from millpond.domain.reviews import Activity, ActivityKind, Comment, TransitionRequest, VersionLock
from millpond.domain.webhooks import Delivery, DeliveryStatus, Dialect, Webhook, WebhookStatus
from millpond.store.contract import Store, Transaction
from millpond.testing.store_contract.registry import register
from millpond.testing.store_contract.samples import ask, do


def activity(name: str, version: int | None = 1, **details: str) -> Activity:
    return Activity(name, version, ActivityKind.SET_TAG, "alice", 5, details)


def comment(comment_id: str, name: str = "churn", version: int = 1) -> Comment:
    return Comment(comment_id, name, version, "bob", f"é {comment_id}", 5, 6)


def webhook(webhook_id: str, **changes: Any) -> Webhook:
    values: dict[str, Any] = {
        "dialect": Dialect.MLFLOW,
        "url": "https://example.com/é?a=b",
        "events": ("model_version.created", "registered_model.created"),
        "creation_ms": 5,
        "last_update_ms": 6,
        **changes,
    }
    return Webhook(webhook_id, **values)


def delivery(webhook_id: str, body: str, next_ms: int = 5) -> Delivery:
    return Delivery(webhook_id, "model_version.created", body, creation_ms=5, next_ms=next_ms)


def fill(store: Store) -> None:
    """Two models of two versions, with something of everything at both."""
    for name in ("churn", "other"):
        register(store, name, 2)

        def act(tx: Transaction, name: str = name) -> None:
            tx.add_activity(activity(name, key="a"))
            tx.add_activity(activity(name, 2))
            tx.add_activity(activity(name, None))
            for version in (1, 2):
                tx.add_comment(comment(f"{name}-{version}", name, version))
                stage = ModelStage.STAGING
                tx.add_transition_request(TransitionRequest(name, version, stage, "bob", "", 5))
                tx.set_version_lock(VersionLock(name, version, "job", "", "", 5))
            tx.set_gate(Gate(name, "champion", "metrics.a > 1", "alice", 5))
            tx.set_webhook(webhook(f"of {name}", model=name))
            tx.add_deliveries([delivery(f"of {name}", "1")])

        do(store, act)


def known(store: Store, name: str, version: int) -> tuple[Any, ...]:
    """How much there is of a version."""

    def question(reader: Any) -> tuple[Any, ...]:
        return (
            len(reader.activities(name, version, 9)),
            len(reader.comments(name, version)),
            len(reader.transition_requests(name, version)),
            len(reader.version_locks(name, version)),
        )

    return ask(store, question)


class ReviewContract:
    """Activities, comments, requests, locks, gates, webhooks and their messages."""

    def test_activities_are_told_from_the_latest_back(self, store: Store) -> None:
        register(store, "churn", 2)
        done = [activity("churn", 1, key="é"), activity("churn", None), activity("churn", 2)]

        def act(tx: Transaction) -> None:
            for one in done:
                tx.add_activity(one)

        do(store, act)
        assert ask(store, lambda r: r.activities("churn", None, 9)) == done[::-1]
        assert ask(store, lambda r: r.activities("churn", None, 2)) == [done[2], done[1]]
        assert ask(store, lambda r: r.activities("churn", 1, 9)) == [done[0]]
        assert ask(store, lambda r: r.activities("nobody", None, 9)) == []

    def test_comments_read_back_in_their_order(self, store: Store) -> None:
        register(store, "churn", 2)
        for comment_id in ("b", "a"):
            do(store, lambda tx, c=comment_id: tx.add_comment(comment(c)))  # type: ignore[misc]
        assert ask(store, lambda r: r.comments("churn", 1)) == [comment("b"), comment("a")]
        do(store, lambda tx: tx.change_comment("b", "new", 9))
        changed = ask(store, lambda r: r.comment("b"))
        assert changed == msgspec.structs.replace(comment("b"), comment="new", last_update_ms=9)
        do(store, lambda tx: tx.delete_comment("b"))
        assert ask(store, lambda r: r.comments("churn", 1)) == [comment("a")]
        assert ask(store, lambda r: (r.comment("b"), r.comments("churn", 2))) == (None, [])

    def test_one_user_asks_once_for_one_stage(self, store: Store) -> None:
        register(store, "churn", 1)
        staging = ModelStage.STAGING
        alice = TransitionRequest("churn", 1, staging, "alice", "please", 5)
        bob = TransitionRequest("churn", 1, staging, "bob", "me too", 6)
        other = TransitionRequest("churn", 1, ModelStage.PRODUCTION, "bob", "", 7)
        for request in (alice, bob, other):
            assert do(store, lambda tx, r=request: tx.add_transition_request(r)) is True  # type: ignore[misc]
        assert do(store, lambda tx: tx.add_transition_request(alice)) is False
        assert ask(store, lambda r: r.transition_requests("churn", 1)) == [alice, bob, other]
        assert do(store, lambda tx: tx.delete_transition_requests("churn", 1, staging, "x")) == 0
        assert do(store, lambda tx: tx.delete_transition_requests("churn", 1, staging, "bob")) == 1
        assert do(store, lambda tx: tx.delete_transition_requests("churn", 1, staging)) == 1
        assert ask(store, lambda r: r.transition_requests("churn", 1)) == [other]

    def test_a_holder_has_one_lock_on_a_version(self, store: Store) -> None:
        register(store, "churn", 2)
        locks = [
            VersionLock("churn", 2, "a", "why", "alice", 5),
            VersionLock("churn", 1, "b", "", "", 6),
            VersionLock("churn", 1, "a", "", "", 7),
        ]
        for lock in locks:
            do(store, lambda tx, lock=lock: tx.set_version_lock(lock))  # type: ignore[misc]
        assert ask(store, lambda r: r.version_locks("churn")) == [locks[2], locks[1], locks[0]]
        again = VersionLock("churn", 2, "a", "still", "bob", 9)
        do(store, lambda tx: tx.set_version_lock(again))
        assert ask(store, lambda r: r.version_locks("churn", 2)) == [again]
        assert do(store, lambda tx: tx.delete_version_lock("churn", 2, "a")) is True
        assert do(store, lambda tx: tx.delete_version_lock("churn", 2, "a")) is False
        assert ask(store, lambda r: r.version_locks("churn", 2)) == []

    def test_an_alias_has_one_gate(self, store: Store) -> None:
        register(store, "churn")
        for rule in ("metrics.a > 1", "metrics.a > 2"):
            gate = Gate("churn", "champion", rule, "alice", 5)
            do(store, lambda tx, gate=gate: tx.set_gate(gate))  # type: ignore[misc]
        first = Gate("churn", "best", "tags.ok = 'yes'", "", 6)
        do(store, lambda tx: tx.set_gate(first))
        assert ask(store, lambda r: r.gates("churn")) == [first, gate]
        assert do(store, lambda tx: tx.delete_gate("churn", "best")) is True
        assert do(store, lambda tx: tx.delete_gate("churn", "best")) is False
        assert ask(store, lambda r: r.gates("churn")) == [gate]

    def test_a_renamed_model_keeps_all_that_is_said_of_it(self, store: Store) -> None:
        fill(store)
        do(store, lambda tx: tx.change_registered_model("churn", last_update_ms=9, new_name="up"))
        assert known(store, "up", 1) == (1, 1, 1, 1)
        assert known(store, "churn", 1) == (0, 0, 0, 0)
        assert ask(store, lambda r: r.activities("up", 1, 9)[0].name) == "up"
        assert ask(store, lambda r: [gate.name for gate in r.gates("up")]) == ["up"]
        found = ask(store, lambda r: r.webhook("of churn"))
        assert found is not None
        assert found.model == "up"

    def test_a_deleted_model_takes_all_that_is_said_of_it_along(self, store: Store) -> None:
        fill(store)
        do(store, lambda tx: tx.delete_registered_model("churn"))
        register(store, "churn", 2)
        assert known(store, "churn", 1) == (0, 0, 0, 0)
        assert known(store, "other", 1) == (1, 1, 1, 1)
        assert ask(store, lambda r: (r.gates("churn"), r.webhook("of churn"))) == ([], None)
        assert ask(store, lambda r: [d.webhook_id for d in r.due_deliveries(9, 9)]) == ["of other"]
        assert ask(store, lambda r: r.comment("churn-1")) is None

    def test_a_deleted_version_leaves_what_was_done_to_it(self, store: Store) -> None:
        fill(store)
        do(store, lambda tx: tx.delete_model_version("churn", 1))
        assert known(store, "churn", 1) == (1, 0, 0, 0)
        assert known(store, "churn", 2) == (1, 1, 1, 1)
        assert len(ask(store, lambda r: r.activities("churn", None, 9))) == 3

    def test_a_webhook_reads_back_as_it_was_set_last(self, store: Store) -> None:
        register(store, "churn")
        kept = webhook(
            "w2",
            name="hook",
            model="churn",
            description="é",
            status=WebhookStatus.TEST_MODE,
            sealed=b"\x00\xff",
            checks_certificate=False,
        )
        do(store, lambda tx: tx.set_webhook(webhook("w2")))
        do(store, lambda tx: tx.set_webhook(kept))
        for webhook_id, created in (("w1", 5), ("w3", 9)):
            new = webhook(webhook_id, creation_ms=created)
            do(store, lambda tx, new=new: tx.set_webhook(new))  # type: ignore[misc]
        assert ask(store, lambda r: r.webhook("w2")) == kept
        assert [w.webhook_id for w in ask(store, lambda r: r.webhooks())] == ["w3", "w1", "w2"]
        do(store, lambda tx: tx.add_deliveries([delivery("w2", "1"), delivery("w1", "2")]))
        do(store, lambda tx: tx.delete_webhook("w2"))
        assert ask(store, lambda r: r.webhook("w2")) is None
        assert [d.body for d in ask(store, lambda r: r.due_deliveries(9, 9))] == ["2"]

    def test_messages_wait_until_they_are_due_and_delivered(self, store: Store) -> None:
        do(store, lambda tx: tx.set_webhook(webhook("w")))
        assert ask(store, lambda r: (r.due_deliveries(99, 9), r.next_delivery_ms())) == ([], None)
        sent = [delivery("w", "late", 30), delivery("w", "first", 10), delivery("w", "next", 20)]
        do(store, lambda tx: tx.add_deliveries(sent))
        assert ask(store, lambda r: r.next_delivery_ms()) == 10
        due = ask(store, lambda r: r.due_deliveries(20, 9))
        assert [d.body for d in due] == ["first", "next"]
        assert len(ask(store, lambda r: r.due_deliveries(99, 2))) == 2
        do(
            store,
            lambda tx: tx.change_delivery(
                due[0].delivery_id,
                attempts=1,
                next_ms=40,
                status=DeliveryStatus.DELIVERED,
                answer="200 ok",
            ),
        )
        assert [d.body for d in ask(store, lambda r: r.due_deliveries(99, 9))] == ["next", "late"]
        told = ask(store, lambda r: r.deliveries("w", 9))
        assert [d.body for d in told] == ["next", "first", "late"]
        assert (told[1].attempts, told[1].status, told[1].answer) == (
            1,
            DeliveryStatus.DELIVERED,
            "200 ok",
        )
        assert do(store, lambda tx: tx.delete_deliveries(5)) == 0
        assert do(store, lambda tx: tx.delete_deliveries(6)) == 1
        assert len(ask(store, lambda r: r.deliveries("w", 9))) == 2

    def test_a_message_of_a_webhook_that_is_gone_changes_nothing(self, store: Store) -> None:
        do(
            store,
            lambda tx: tx.change_delivery(
                77, attempts=1, next_ms=1, status=DeliveryStatus.FAILED, answer=""
            ),
        )
        assert ask(store, lambda r: r.deliveries("w", 9)) == []

    @pytest.mark.parametrize("version", [None, 1])
    def test_a_review_is_undone_with_its_action(self, store: Store, version: int | None) -> None:
        register(store, "churn", 1)

        def act(tx: Transaction) -> None:
            tx.add_activity(activity("churn", version))
            tx.add_comment(comment("c"))
            tx.set_webhook(webhook("w"))
            tx.add_deliveries([delivery("w", "1")])
            raise LookupError

        with pytest.raises(LookupError):
            do(store, act)
        assert known(store, "churn", 1) == (0, 0, 0, 0)
        assert ask(store, lambda r: (r.webhooks(), r.next_delivery_ms())) == ([], None)
