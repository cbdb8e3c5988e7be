"""What the handlers of ``/api/v1/models`` do."""

import time
from collections.abc import Callable
from typing import TypeVar

from millpond.api.registry import Registry
from millpond.api.waiting import StoreAccess
from millpond.domain import registry
from millpond.domain.filters import (
    MODEL_VERSIONS,
    REGISTERED_MODELS,
    Comparison,
    Entity,
    Field,
    Op,
    OrderKey,
    Text,
    parse_filter,
    parse_order_by,
)
from millpond.domain.filters.ast import all_of
from millpond.domain.registry import ModelVersion
from millpond.domain.reviews import MAX_ACTIVITIES
from millpond.domain.webhooks import Dialect, Webhook, WebhookStatus
from millpond.errors import InvalidParameter
from millpond.registry import gates, reads, registered_models, reviews, webhooks
from millpond.store.contract import DEFAULT_WORKSPACE, Reader, Transaction
from millpond.store.registry_contract import RegisteredModelSearch, VersionSearch
from millpond.wire import model_answers as wire

T = TypeVar("T")

_NEWEST = (OrderKey(Field(Entity.ATTRIBUTE, "version_number"), False),)


class ModelCalls:
    """Calls of the registry, each one question or one action."""

    def __init__(self, access: StoreAccess, registry: Registry) -> None:
        self._access = access
        self._registry = registry

    async def _read(self, question: Callable[[Reader], T]) -> T:
        return await self._access.read(DEFAULT_WORKSPACE, question)

    async def _write(self, action: Callable[[Transaction], T]) -> T:
        done = await self._access.write(DEFAULT_WORKSPACE, action, 256)
        self._registry.wake()
        return done

    async def _find(self, name: str, reference: str) -> ModelVersion:
        return await self._read(lambda reader: reads.find(reader, name, reference))

    # models and versions

    async def find_models(
        self, filter_text: str, order_by: list[str], limit: int, token: str
    ) -> wire.ModelPage:
        node, no_prompts = registry.without_prompts(parse_filter(filter_text, REGISTERED_MODELS))
        search = RegisteredModelSearch(
            limit=_limit(limit),
            filter=node,
            order_by=parse_order_by(order_by, REGISTERED_MODELS),
            page_token=token or None,
            no_prompts=no_prompts,
        )
        page = await self._read(lambda reader: reader.search_registered_models(search))
        found = [wire.model_answer(model) for model in page.items]
        return wire.ModelPage(found, page.next_token or "")

    async def get_model(self, name: str) -> wire.ModelAnswer:
        model = await self._read(
            lambda reader: registered_models.require_registered_model(reader, name)
        )
        return wire.model_answer(model)

    async def find_versions(
        self, name: str, filter_text: str, order_by: list[str], limit: int, token: str
    ) -> wire.VersionPage:
        of_model = Comparison(Field(Entity.ATTRIBUTE, "name"), Op.EQ, Text(name))
        node = parse_filter(filter_text, MODEL_VERSIONS)
        search = VersionSearch(
            limit=_limit(limit),
            filter=of_model if node is None else all_of([of_model, node]),
            order_by=parse_order_by(order_by, MODEL_VERSIONS) or _NEWEST,
            page_token=token or None,
            no_prompts=False,
        )

        def question(reader: Reader) -> wire.VersionPage:
            registered_models.require_registered_model(reader, name)
            page = reader.search_model_versions(search)
            found = [wire.version_answer(version) for version in page.items]
            return wire.VersionPage(found, page.next_token or "")

        return await self._read(question)

    async def get_version(self, name: str, reference: str) -> wire.VersionDetail:
        def question(reader: Reader) -> wire.VersionDetail:
            version = reads.find(reader, name, reference)
            number = version.version
            known = gates.values_of(reader, version)
            requests = reader.transition_requests(name, number)
            return wire.VersionDetail(
                version=wire.version_answer(version),
                lineage=_lineage(reads.lineage(reader, version), version),
                metrics=known.metrics,
                params=known.params,
                locks=[wire.lock_answer(lock) for lock in reader.version_locks(name, number)],
                requests=[wire.request_answer(request) for request in requests],
                comments=[wire.comment_answer(c) for c in reader.comments(name, number)],
            )

        return await self._read(question)

    async def activities(
        self, name: str, version: int | None, limit: int
    ) -> list[wire.ActivityAnswer]:
        count = _limit(limit, MAX_ACTIVITIES)

        def question(reader: Reader) -> list[wire.ActivityAnswer]:
            registered_models.require_registered_model(reader, name)
            found = reader.activities(name, version, count)
            return [wire.activity_answer(activity) for activity in found]

        return await self._read(question)

    async def compare(
        self, left_name: str, left: str, right_name: str, right: str
    ) -> wire.CompareAnswer:
        def question(
            reader: Reader,
        ) -> list[tuple[ModelVersion, gates.VersionValues]]:
            pair = [
                reads.find(reader, *place) for place in ((left_name, left), (right_name, right))
            ]
            return [(version, gates.values_of(reader, version)) for version in pair]

        (one, of_one), (two, of_two) = await self._read(question)
        files = [await self._files(version) for version in (one, two)]
        signature, requirements = None, None
        if files[0] is not None and files[1] is not None:
            signature = reads.signature_rows(files[0], files[1])
            requirements = reads.text_rows(files[0].requirements, files[1].requirements)
        return wire.CompareAnswer(
            left=wire.version_answer(one),
            right=wire.version_answer(two),
            metrics=reads.number_rows(of_one.metrics, of_two.metrics),
            params=reads.text_rows(of_one.params, of_two.params),
            tags=reads.text_rows(
                {tag.key: tag.value for tag in one.tags}, {tag.key: tag.value for tag in two.tags}
            ),
            signature=signature,
            requirements=requirements,
        )

    async def _files(self, version: ModelVersion) -> reads.ModelFiles | None:
        place, limit = version.storage_location, reads.LARGEST_FILE_BYTES
        model_file = await self._registry.read_file(place, reads.MODEL_FILE, limit)
        if model_file is None:
            return None
        requirements = await self._registry.read_file(place, reads.REQUIREMENTS_FILE, limit)
        return reads.read_model_files(model_file, requirements)

    async def set_alias(self, name: str, alias: str, reference: str) -> wire.VersionAnswer:
        number = (await self._find(name, reference)).version
        await self._write(registered_models.set_alias(name, alias, number, _now_ms()))
        return wire.version_answer(await self._find(name, str(number)))

    async def delete_alias(self, name: str, alias: str) -> None:
        await self._write(registered_models.delete_alias(name, alias, _now_ms()))

    # gates

    async def gates(self, name: str) -> list[wire.GateAnswer]:
        def question(reader: Reader) -> list[wire.GateAnswer]:
            registered_models.require_registered_model(reader, name)
            return [wire.gate_answer(gate) for gate in reader.gates(name)]

        return await self._read(question)

    async def set_gate(self, name: str, alias: str, rule: str) -> wire.GateAnswer:
        return wire.gate_answer(await self._write(gates.set_gate(name, alias, rule, _now_ms())))

    async def delete_gate(self, name: str, alias: str) -> None:
        await self._write(gates.delete_gate(name, alias, _now_ms()))

    async def check_gate(
        self, name: str, alias: str, reference: str, rule: str | None
    ) -> wire.VerdictAnswer:
        number = (await self._find(name, reference)).version
        verdict = await self._read(
            lambda reader: gates.check_gate(reader, name, alias, number, rule)
        )
        return wire.VerdictAnswer(verdict.passes, verdict.checks)

    # reviews

    async def add_comment(
        self, comment_id: str, name: str, reference: str, text: str
    ) -> wire.CommentAnswer:
        number = (await self._find(name, reference)).version
        action = reviews.add_comment(comment_id, name, number, text, _now_ms())
        return wire.comment_answer(await self._write(action))

    async def request(
        self, name: str, reference: str, stage: str, comment: str
    ) -> wire.RequestAnswer:
        number = (await self._find(name, reference)).version
        wanted = registry.parse_stage(stage)
        action = reviews.request_transition(name, number, wanted, comment, _now_ms())
        return wire.request_answer(await self._write(action))

    async def approve(
        self, name: str, reference: str, stage: str, archive: bool, comment: str
    ) -> wire.ActivityAnswer:
        number, wanted = (await self._find(name, reference)).version, registry.parse_stage(stage)
        action = reviews.approve_transition(name, number, wanted, archive, comment, _now_ms())
        return wire.activity_answer(await self._write(action))

    async def reject(
        self, name: str, reference: str, stage: str, comment: str
    ) -> wire.ActivityAnswer:
        number, wanted = (await self._find(name, reference)).version, registry.parse_stage(stage)
        action = reviews.reject_transition(name, number, wanted, comment, _now_ms())
        return wire.activity_answer(await self._write(action))

    async def cancel(
        self, name: str, reference: str, stage: str, comment: str
    ) -> wire.ActivityAnswer:
        number, wanted = (await self._find(name, reference)).version, registry.parse_stage(stage)
        who = registry.NOBODY
        action = reviews.cancel_transition(name, number, wanted, who, comment, _now_ms())
        return wire.activity_answer(await self._write(action))

    async def lock(self, name: str, reference: str, holder: str, reason: str) -> wire.LockAnswer:
        number = (await self._find(name, reference)).version
        action = reviews.lock_version(name, number, holder, reason, _now_ms())
        return wire.lock_answer(await self._write(action))

    async def unlock(self, name: str, reference: str, holder: str) -> None:
        number = (await self._find(name, reference)).version
        await self._write(reviews.unlock_version(name, number, holder, _now_ms()))

    # webhooks

    async def webhooks(self) -> list[wire.WebhookAnswer]:
        found = await self._read(lambda reader: reader.webhooks())
        return [wire.webhook_answer(webhook) for webhook in found]

    async def make_webhook(self, webhook_id: str, asked: wire.MakeWebhook) -> wire.WebhookAnswer:
        now_ms = _now_ms()
        webhook = Webhook(
            webhook_id=webhook_id,
            dialect=Dialect(asked.dialect),
            url=asked.url,
            events=tuple(dict.fromkeys(asked.events)),
            creation_ms=now_ms,
            last_update_ms=now_ms,
            name=asked.name,
            model=asked.model,
            description=asked.description,
            sealed=self._registry.seal(webhook_id, asked.secret),
            checks_certificate=asked.check_certificate,
        )
        return wire.webhook_answer(await self._write(webhooks.create_webhook(webhook)))

    async def set_webhook_status(self, webhook_id: str, status: str) -> wire.WebhookAnswer:
        wanted = WebhookStatus.__members__.get(status.upper())
        if wanted is None:
            raise InvalidParameter(
                f"Invalid status '{status}': give {', '.join(WebhookStatus.__members__)}."
            )
        action = webhooks.change_webhook(webhook_id, _now_ms(), status=wanted)
        return wire.webhook_answer(await self._write(action))

    async def delete_webhook(self, webhook_id: str) -> None:
        await self._write(webhooks.delete_webhook(webhook_id))

    async def test_webhook(self, webhook_id: str, event: str) -> wire.TestAnswer:
        webhook = await self._read(lambda reader: webhooks.require_webhook(reader, webhook_id))
        told = await self._registry.test(webhook, event or webhook.events[0])
        return wire.TestAnswer(told.status, told.body)

    async def deliveries(self, webhook_id: str, limit: int) -> list[wire.DeliveryAnswer]:
        count = _limit(limit)

        def question(reader: Reader) -> list[wire.DeliveryAnswer]:
            webhooks.require_webhook(reader, webhook_id)
            return [wire.delivery_answer(d) for d in reader.deliveries(webhook_id, count)]

        return await self._read(question)


def _lineage(found: reads.Lineage, version: ModelVersion) -> wire.LineageAnswer:
    return wire.LineageAnswer(
        run_id=version.run_id,
        run_name=found.run.info.name if found.run else "",
        experiment_id=str(found.run.info.experiment_id) if found.run else "",
        experiment_name=found.experiment.name if found.experiment else "",
        model_id=version.model_id,
        logged_model_name=found.model.name if found.model else "",
        datasets=[
            wire.DatasetAnswer(item.dataset.name, item.dataset.digest, item.context or "")
            for item in found.datasets
        ],
        siblings=[wire.VersionRef(other.name, other.version) for other in found.siblings],
    )


def _limit(asked: int, most: int = registry.MAX_MODELS_PAGE) -> int:
    if not 1 <= asked <= most:
        raise InvalidParameter(f"limit is {asked}; it must be 1 to {most}.")
    return asked


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
