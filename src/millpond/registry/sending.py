"""Sends what waits for webhooks, and sends it again when it did not arrive.

A message is kept in the store by the change that it tells of, so none is lost; a server that is
killed while it sends one may send it twice. Several servers on one store share the work: each takes
a message before it sends it, for longer than sending lasts.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct

from millpond.domain.webhooks import Delivery, DeliveryStatus, Webhook
from millpond.errors import MillpondError
from millpond.registry.posting import Answer, post
from millpond.store.contract import Store, Transaction
from millpond.wire.webhooks import Credentials, headers

MAX_ATTEMPTS = 10
_log = logging.getLogger("millpond.webhooks")

_BATCH = 16
_THREADS = 4
_LEASE_MS = 60_000
# How soon another server's messages, and those that a lease ran out of, are looked for.
_LOOK_S = 5.0
_KEEP_MS = 7 * 24 * 3_600_000
_TIDY_MS = 3_600_000
_FIRST_PAUSE_MS = 1_000
_LONGEST_PAUSE_MS = 3_600_000
_SHOWN_ANSWER = 500


def pause_ms(attempts: int) -> int:
    """How long to wait after so many attempts: 1, 4, 16 ... seconds, an hour at most."""
    pause: int = _FIRST_PAUSE_MS * 4 ** (attempts - 1)
    return min(pause, _LONGEST_PAUSE_MS)


class Mail(Struct, frozen=True):
    """How messages are sent.

    credentials_of: opens what a webhook keeps sealed; allows_private: see ``posting.post``;
    now_ms: the clock.
    """

    credentials_of: Callable[[Webhook], Credentials]
    allows_private: bool
    now_ms: Callable[[], int]

    def send(self, webhook: Webhook, body: str, delivery: str) -> Answer:
        try:
            credentials = self.credentials_of(webhook)
        except MillpondError as error:
            return Answer(0, error.message)
        return post(
            webhook.url,
            body.encode(),
            headers(webhook, credentials, body, delivery, self.now_ms()),
            self.allows_private,
            webhook.checks_certificate,
        )


class WebhookSender:
    """Sends in threads of its own, from the moment it is made until it is closed."""

    def __init__(self, store: Store, mail: Mail) -> None:
        self._store = store
        self._mail = mail
        self._closing = threading.Event()
        self._wake = threading.Event()
        self._tidied_ms = 0
        self._senders = ThreadPoolExecutor(_THREADS, thread_name_prefix="millpond-webhook")
        self._thread = threading.Thread(target=self._run, name="millpond-webhooks", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look now: something may have been queued."""
        self._wake.set()

    def close(self) -> None:
        """Stop after what is being sent; the rest waits in the store for the next server."""
        self._closing.set()
        self._wake.set()
        self._thread.join()
        self._senders.shutdown()

    def _run(self) -> None:
        is_failing = False
        while not self._closing.is_set():
            self._wake.clear()
            try:
                sent = sum(self._send_due(workspace) for workspace in self._store.workspaces())
                is_failing = False
            except Exception as error:
                # The store is full, say, or gone. What waits there can wait longer.
                if not is_failing:
                    _log.error("webhooks are not sent, and will be tried again: %s", error)
                is_failing, sent = True, 0
            if not sent:
                self._wake.wait(self._idle_s())

    def _idle_s(self) -> float:
        now_ms, soonest_s = self._mail.now_ms(), _LOOK_S
        try:
            for workspace in self._store.workspaces():
                with self._store.read(workspace) as reader:
                    next_ms = reader.next_delivery_ms()
                if next_ms is not None:
                    soonest_s = min(soonest_s, max(0.05, (next_ms - now_ms) / 1_000))
        except MillpondError:
            return _LOOK_S
        return soonest_s

    def _send_due(self, workspace: str) -> int:
        now_ms = self._mail.now_ms()
        if now_ms - self._tidied_ms > _TIDY_MS:
            self._tidied_ms = now_ms
            self._store.write(workspace, lambda tx: tx.delete_deliveries(now_ms - _KEEP_MS))
        with self._store.read(workspace) as reader:
            if not reader.due_deliveries(now_ms, 1):
                return 0
        taken = self._store.write(workspace, lambda tx: _take(tx, now_ms)).result()
        answers = self._senders.map(lambda item: self._send(workspace, *item), taken)
        return sum(1 for _ in answers)

    def _send(self, workspace: str, webhook: Webhook | None, delivery: Delivery) -> None:
        if webhook is None:
            return
        name = f"{delivery.webhook_id}-{delivery.delivery_id}"
        answer = self._mail.send(webhook, delivery.body, name)
        attempts = delivery.attempts + 1
        if answer.is_good:
            status = DeliveryStatus.DELIVERED
        elif attempts >= MAX_ATTEMPTS:
            status = DeliveryStatus.FAILED
        else:
            status = DeliveryStatus.WAITING
        next_ms = self._mail.now_ms() + pause_ms(attempts)
        told = f"{answer.status} {answer.body}".strip()[:_SHOWN_ANSWER]
        self._store.write(
            workspace,
            lambda tx: tx.change_delivery(
                delivery.delivery_id,
                attempts=attempts,
                next_ms=next_ms,
                status=status,
                answer=told,
            ),
        ).result()


def _take(tx: Transaction, now_ms: int) -> list[tuple[Webhook | None, Delivery]]:
    """Messages that are due, taken so that nobody else sends them for a while."""
    taken = []
    for delivery in tx.due_deliveries(now_ms, _BATCH):
        tx.change_delivery(
            delivery.delivery_id,
            attempts=delivery.attempts,
            next_ms=now_ms + _LEASE_MS,
            status=DeliveryStatus.WAITING,
            answer=delivery.answer,
        )
        taken.append((tx.webhook(delivery.webhook_id), delivery))
    return taken
