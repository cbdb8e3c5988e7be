"""How long searches of a large store take: one page found, read and put into its answer.

    python -m bench.searches DIR [--only WORD] [--cpu] [--json FILE]

DIR is a folder made by ``bench.stores``. Every figure is the median of several turns; a search
that takes long gets few.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import msgspec

from millpond.domain.experiments import ViewType
from millpond.domain.filters import RUNS, parse_filter, parse_order_by
from millpond.store.contract import DEFAULT_WORKSPACE, RunSearch
from millpond.store.sqlite import SqliteStore
from millpond.wire.runs import run_answer

PAGE = 100
ONE, TEN, ALL = (1,), tuple(range(1, 11)), tuple(range(1, 1_001))

_encode = msgspec.json.Encoder().encode


def search(
    where: str = "",
    *order_by: str,
    experiments: tuple[int, ...] = ONE,
    view: ViewType = ViewType.ACTIVE_ONLY,
    limit: int = PAGE,
) -> RunSearch:
    orders = parse_order_by(list(order_by), RUNS)
    return RunSearch(experiments, limit, parse_filter(where, RUNS), orders, view)


BEST = "metrics.acc DESC"
SEARCHES = {
    "default listing": search(),
    "default listing, 10 experiments": search(experiments=TEN),
    "default listing, 1,000 experiments": search(experiments=ALL),
    "default listing, all stages": search(view=ViewType.ALL),
    "default listing, deleted": search(view=ViewType.DELETED_ONLY),
    "metric filter + metric order": search("metrics.loss < 0.3", BEST),
    "metric filter + metric order, 10 experiments": search(
        "metrics.loss < 0.3", BEST, experiments=TEN
    ),
    "metric filter + metric order, 1,000 experiments": search(
        "metrics.loss < 0.3", BEST, experiments=ALL
    ),
    "metric filter + order by the same": search("metrics.acc > 0.9", "metrics.acc"),
    "metric filter, nearly none": search("metrics.loss > 20"),
    "metric filter, nearly all": search("metrics.loss < 20"),
    "metric filter, none, metric order": search("metrics.loss > 2000", BEST),
    "metrics that disagree": search("metrics.loss > 2", "metrics.val_loss"),
    "param =": search("params.optimizer = 'adam'"),
    "param = + metric order": search("params.optimizer = 'adam'", BEST),
    "rare param =": search("params.seed = '4711'"),
    "param >": search("params.lr > 0.05", BEST),
    "param LIKE": search("params.model LIKE 'resnet%'"),
    "param LIKE, distinct values": search("params.lr LIKE '%123%'", BEST),
    "param ILIKE": search("params.model ILIKE '%NET%'"),
    "tag =": search("tags.team = 'vision'"),
    "rare tag =": search("tags.git = '0123456789abcdef'"),
    "tag LIKE, distinct values, rare": search("tags.git LIKE '%abcde%'"),
    "run name LIKE": search("attributes.run_name LIKE '%otter%'"),
    "run name ILIKE, none": search("attributes.run_name ILIKE '%WHALE%'"),
    "run name =": search("attributes.run_name = 'calm-otter-417'"),
    "run id IN": search("attributes.run_id IN ('a', 'b', 'c')"),
    "status =": search("attributes.status = 'FAILED'"),
    "status = + metric order": search("attributes.status = 'RUNNING'", BEST),
    "start_time range": search(
        "attributes.start_time > 1700000050000 AND attributes.start_time < 1700000060000"
    ),
    "end_time range": search("attributes.end_time < 1700000500000"),
    "user =": search("attributes.user_id = 'bob'"),
    "dataset =": search("dataset.name = 'mnist'"),
    "dataset = + metric order": search("dataset.digest = 'd7'", BEST),
    "dataset LIKE, none": search("dataset.name LIKE 'x%'"),
    "OR": search("params.optimizer = 'sgd' OR metrics.acc > 0.95", BEST),
    "NOT": search("NOT params.optimizer = 'sgd' AND NOT metrics.acc > 0.5", BEST),
    "IN": search("params.optimizer IN ('sgd', 'lion')", BEST),
    "NOT IN": search("params.model NOT IN ('resnet18', 'resnet50')", BEST),
    "IS NULL": search("attributes.end_time IS NULL", BEST),
    "four clauses": search(
        "params.optimizer = 'adam' AND metrics.loss < 0.5 AND tags.team != 'vision' "
        "AND attributes.status = 'FINISHED'",
        BEST,
    ),
    "order by metric": search("", "metrics.loss"),
    "order by metric DESC": search("", "metrics.loss DESC"),
    "order by metric, 1,000 experiments": search("", "metrics.loss", experiments=ALL),
    "order by a metric with ties": search("", "metrics.epoch DESC"),
    "order by param": search("", "params.lr"),
    "order by param with ties": search("", "params.optimizer DESC"),
    "order by tag": search("", "tags.git"),
    "order by run name": search("", "attributes.run_name DESC"),
    "order by status": search("", "attributes.status"),
    "order by end_time": search("", "attributes.end_time DESC"),
    "order by start_time ASC": search("", "attributes.start_time ASC"),
    "two order keys": search("", "params.optimizer", "metrics.loss DESC"),
    "order by what no run has": search("", "metrics.never"),
    "page of 1,000": search("metrics.loss < 0.3", BEST, limit=1_000),
}
DEEP = ["default listing", "metric filter + metric order", "order by param with ties"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.searches", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="only searches whose name holds this")
    parser.add_argument("--cpu", action="store_true", help="processor time, for a busy machine")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    begun_s = time.perf_counter()
    store = SqliteStore(arguments.folder)
    print(f"{_ms(begun_s):9.1f} ms  open")
    figures = {}
    for name, milliseconds in measure(store, arguments.only, arguments.cpu):
        figures[name] = milliseconds
        print(f"{milliseconds:9.1f} ms  {name}", flush=True)
    store.close()
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))


def measure(store: SqliteStore, only: str, of_cpu: bool) -> Iterator[tuple[str, float]]:
    for name, asked in SEARCHES.items():
        if only in name:
            yield name, median_ms(store, asked, of_cpu)
    for name in DEEP:
        if only in name:
            asked = SEARCHES[name]
            for _ in range(499):
                asked = _next_page(store, asked)
            yield f"{name}, page 500", median_ms(store, asked, of_cpu)


def median_ms(store: SqliteStore, asked: RunSearch, of_cpu: bool) -> float:
    """A quarter of a second's worth of turns, three at least (one if it is hopeless)."""
    turns: list[float] = []
    begun_s = time.perf_counter()
    clock = time.thread_time if of_cpu else time.perf_counter
    while len(turns) < 3 or _ms(begun_s) < 250:
        turn_s = clock()
        with store.read(DEFAULT_WORKSPACE) as reader:
            page = reader.search_runs(asked)
        _encode({"runs": [run_answer(run) for run in page.items], "token": page.next_token})
        turns.append((clock() - turn_s) * 1_000)
        if turns[-1] > 3_000:
            break
    return median(turns)


def _next_page(store: SqliteStore, asked: RunSearch) -> RunSearch:
    with store.read(DEFAULT_WORKSPACE) as reader:
        token = reader.search_runs(asked).next_token
    return msgspec.structs.replace(asked, page_token=token)


def _ms(begun_s: float) -> float:
    return (time.perf_counter() - begun_s) * 1_000


if __name__ == "__main__":
    main()
