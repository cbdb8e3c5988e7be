"""Tables of runs, and the keys that there are to make columns of."""

import hashlib
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, JSONBody, PathParameter

from millpond.api.charts import binary_or_json, is_known, wants_columns
from millpond.api.waiting import StoreAccess
from millpond.domain.experiments import ViewType
from millpond.domain.filters import RUNS, parse_filter, parse_order_by
from millpond.domain.run_tables import MAX_COLUMNS
from millpond.store.contract import DEFAULT_WORKSPACE, Reader, RunSearch
from millpond.tracking.actions import require_experiment
from millpond.wire.columns import MEDIA_TYPE
from millpond.wire.run_tables import (
    ColumnsAnswer,
    ColumnsRequest,
    KeysAnswer,
    KeysRequest,
    View,
    experiment_numbers,
    keys_answer,
    table_answer,
    table_bytes,
)

_ANY = Request[Any, Any, Any]
_encode = msgspec.json.Encoder().encode


def column_handlers(access: StoreAccess) -> list[HTTPRouteHandler]:
    """The handlers of ``/api/v1/columns`` and of the keys of experiments."""

    @post(
        "/api/v1/columns",
        summary="Get columns of runs",
        status_code=200,
        responses={
            200: ResponseSpec(
                data_container=ColumnsAnswer,
                description=f"All runs that match, or the first max_rows; {MEDIA_TYPE} if Accept "
                "names it, which docs/reference/binary-columns.md describes. A run that lacks a "
                'value has null, one that logged a NaN has "NaN". There is an ETag.',
                generate_examples=False,
            )
        },
        description=f"Up to {MAX_COLUMNS} columns of every run that a filter finds, in the order "
        "of order_by, without pages.",
    )
    async def get_columns(request: _ANY, data: JSONBody[ColumnsRequest]) -> Response[bytes]:
        data.check()
        search = _search(data)
        is_binary = wants_columns(request)

        def question(reader: Reader) -> bytes:
            table = reader.run_columns(search, data.columns)
            if is_binary:
                return table_bytes(table, data.columns)
            return _encode(table_answer(table, data.columns))

        body = await access.read(DEFAULT_WORKSPACE, question)
        fingerprint = hashlib.blake2b(body, digest_size=16).hexdigest()
        headers = {"ETag": f'"{fingerprint}"', "Cache-Control": "no-store", "Vary": "Accept"}
        if is_known(request.headers.get("if-none-match", ""), fingerprint):
            return binary_or_json(None, headers, is_binary)
        return binary_or_json(body, headers, is_binary)

    @get(
        "/api/v1/experiments/{experiment_id:str}/keys",
        summary="List an experiment's keys",
        description="Every metric, param and tag key of the experiment's runs, with how many runs "
        "have it and what values.",
    )
    async def get_keys(
        experiment_id: Annotated[str, PathParameter(description="The experiment's id.")],
        view: FromQuery[View] = "ACTIVE_ONLY",
    ) -> KeysAnswer:
        return await _keys(access, [experiment_id], ViewType[view])

    @post(
        "/api/v1/keys",
        summary="List the keys of experiments",
        status_code=200,
        description="The same over the runs of several experiments.",
    )
    async def get_keys_of_many(data: JSONBody[KeysRequest]) -> KeysAnswer:
        return await _keys(access, data.experiment_ids, ViewType[data.view])

    return [get_columns, get_keys, get_keys_of_many]


def _search(asked: ColumnsRequest) -> RunSearch:
    return RunSearch(
        experiment_numbers(asked.experiment_ids),
        asked.max_rows,
        parse_filter(asked.filter, RUNS),
        tuple(parse_order_by(asked.order_by, RUNS)),
        ViewType[asked.view],
    )


async def _keys(access: StoreAccess, experiment_ids: list[str], view: ViewType) -> KeysAnswer:
    numbers = experiment_numbers(experiment_ids)

    def question(reader: Reader) -> KeysAnswer:
        for number in numbers:
            require_experiment(reader, number)
        return keys_answer(reader.key_summaries(numbers, view))

    return await access.read(DEFAULT_WORKSPACE, question)
