"""What the calls of the registry need beside the store: rules, secrets, webhooks, model files."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from millpond.artifacts.vault import Vault
from millpond.domain.webhooks import Webhook, check_events
from millpond.registry.posting import Answer
from millpond.registry.sending import Mail, WebhookSender
from millpond.registry.sources import SourceRules
from millpond.store.contract import Store
from millpond.wire.webhooks import Credentials, test_body

ReadFile = Callable[[str, str, int], Awaitable[bytes | None]]
"""A small file by the artifact URI above it, its name, and how large it may be; None if there is
none that this server can read."""


class Registry:
    """The registry's parts that are not in the store."""

    def __init__(
        self,
        store: Store,
        source_rules: SourceRules,
        vault: Vault,
        allows_private: bool,
        read_file: ReadFile,
    ) -> None:
        """allows_private: whether webhooks may call addresses of private networks."""
        self.source_rules = source_rules
        self.read_file = read_file
        self._vault = vault
        self._mail = Mail(self._credentials_of, allows_private, _now_ms)
        self._sender = WebhookSender(store, self._mail)

    def seal(self, webhook_id: str, secret: str, authorization: str = "") -> bytes:
        """A webhook's credentials as they are kept; empty if there are none."""
        if not secret and not authorization:
            return b""
        kept = {"secret": secret, "authorization": authorization}
        return self._vault.seal(kept, f"webhook {webhook_id}")

    async def test(self, webhook: Webhook, event: str) -> Answer:
        """Tell a webhook of something that did not happen. Raises InvalidParameter."""
        check_events((event,), webhook.dialect)
        body = test_body(webhook, event, _now_ms())
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            None, self._mail.send, webhook, body, f"{webhook.webhook_id}-test"
        )

    def wake(self) -> None:
        """Have webhooks told of what was just written."""
        self._sender.wake()

    def close(self) -> None:
        self._sender.close()

    def _credentials_of(self, webhook: Webhook) -> Credentials:
        if not webhook.sealed:
            return Credentials()
        return Credentials(**self._vault.open(webhook.sealed, f"webhook {webhook.webhook_id}"))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
