"""Work done ahead on a thread of its own."""

from collections.abc import Generator, Iterable
from queue import Full, Queue
from threading import Event, Thread
from typing import Any, TypeVar

T = TypeVar("T")

_END = object()


def ahead(items: Iterable[T], depth: int = 2) -> Generator[T, None, None]:
    """The same items, made on a thread of their own while the ones before are used."""
    queue: Queue[Any] = Queue(depth)
    stopped = Event()

    def put(item: Any) -> bool:
        while not stopped.is_set():
            try:
                queue.put(item, timeout=0.1)
                return True
            except Full:
                continue
        return False

    def work() -> None:
        try:
            for item in items:
                if not put((item, None)):
                    return
        except BaseException as error:
            put((None, error))
        else:
            put((_END, None))

    thread = Thread(target=work, name="millpond-ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, error = queue.get()
            if error is not None:
                raise error
            if item is _END:
                return
            yield item
    finally:
        stopped.set()
        thread.join()
