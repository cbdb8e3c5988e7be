"""What one durable write costs on this disk: the floor under every server that is durable."""

import os
import statistics
import time
from pathlib import Path


def fdatasync_p50_ms(folder: Path, writes: int = 200) -> float:
    """Median milliseconds from a 4 KiB append until the disk has it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "fdatasync.probe"
    sync = getattr(os, "fdatasync", os.fsync)
    costs = []
    try:
        with path.open("wb", buffering=0) as file:
            for _ in range(writes):
                file.write(b"x" * 4096)
                began = time.perf_counter()
                sync(file.fileno())
                costs.append(time.perf_counter() - began)
    finally:
        path.unlink(missing_ok=True)
    return statistics.median(costs) * 1000
