"""A reader of binary columns, written from docs/reference/binary-columns.md alone."""

import json
from itertools import pairwise
from typing import Any

import numpy as np

MEDIA_TYPE = "application/vnd.millpond.columns"


class Columns:
    """One message: its header, and the columns behind it."""

    def __init__(self, message: bytes) -> None:
        assert message[:4] == b"MPC1"
        length = int.from_bytes(message[4:8], "little")
        self.header = json.loads(message[8 : 8 + length])
        self._data = message[8 + length :]
        assert (8 + length) % 8 == 0

    def numbers(self, place: dict[str, Any]) -> np.ndarray:
        assert place["offset"] % 8 == 0
        dtype = np.dtype(place["type"]).newbyteorder("<")
        return np.frombuffer(self._data, dtype, place["length"], place["offset"])

    def texts(self, place: dict[str, Any]) -> list[str]:
        bounds = self.numbers(place["bounds"]).tolist()
        begin = place["bytes"]["offset"]
        return [self._data[begin + a : begin + b].decode() for a, b in pairwise(bounds)]

    def column(self, place: dict[str, Any]) -> list[Any]:
        """The values of a table's column, None where one is missing."""
        if place["form"] == "text":
            texts = [*self.texts(place["texts"]), None]
            return [texts[code] for code in self.numbers(place["codes"]).tolist()]
        values = self.numbers(place["values"]).tolist()
        if place["present"] is None:
            return values
        present = self.numbers(place["present"]).tolist()
        return [value if there else None for value, there in zip(values, present, strict=True)]

    def line(self, series: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        part = slice(series["start"], series["start"] + series["length"])
        columns = self.header["columns"]
        return self.numbers(columns["x"])[part], self.numbers(columns["value"])[part]
