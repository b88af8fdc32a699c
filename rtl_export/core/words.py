"""Words: how named values share one memory word, and what the host loads into a memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray

_DIGITS = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_PLACES = np.array([8, 4, 2, 1], dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Field:
    """Bits ``low`` to ``low + width - 1`` of a word."""

    name: str
    width: int
    low: int
    signed: bool = True

    @property
    def bits(self) -> str:
        """The part select of this field."""
        return f"[{self.low + self.width - 1}:{self.low}]"

    @property
    def declaration(self) -> str:
        """The type of a wire that holds this field."""
        return f"{'signed ' if self.signed else ''}[{self.width - 1}:0]"


@dataclass(frozen=True, slots=True)
class Word:
    """Fields side by side, the first one in the lowest bits."""

    fields: tuple[Field, ...] = ()

    @classmethod
    def of(cls, parts: Iterable[tuple[str, int, bool]]) -> Word:
        """A word of (name, width, signed) parts."""
        fields: list[Field] = []
        for name, width, signed in parts:
            fields.append(Field(name, width, fields[-1].low + fields[-1].width if fields else 0, signed))
        return cls(tuple(fields))

    @property
    def width(self) -> int:
        """Bits of the whole word."""
        return sum(part.width for part in self.fields)

    def field(self, name: str) -> Field:
        """The field of that name."""
        return next(part for part in self.fields if part.name == name)

    def hex_lines(self, values: Mapping[str, npt.ArrayLike]) -> bytes:
        """One line of hexadecimal digits for each row of the fields' values, two's complement in each field.

        Args:
            values: field name -> integers, shape (rows,).
        """
        digits = -(-self.width // 4)
        columns = {part.name: np.asarray(values[part.name], dtype=np.int64) for part in self.fields}
        rows = next(iter(columns.values())).size
        bits = np.zeros((rows, 4 * digits), dtype=np.uint8)
        for part in self.fields:
            for place in range(part.width):
                # Above bit 63 an int64 only repeats its sign.
                bits[:, -1 - part.low - place] = (columns[part.name] >> min(place, 63)) & 1
        text = np.full((rows, digits + 1), ord("\n"), dtype=np.uint8)
        text[:, :-1] = _DIGITS[bits.reshape(rows, digits, 4) @ _PLACES]
        return text.tobytes()


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """What the host loads into a memory: its word and, for each field, one integer a row."""

    word: Word
    values: Mapping[str, npt.NDArray[np.int64]]

    @property
    def rows(self) -> int:
        """How many words."""
        return int(next(iter(self.values.values())).size)

    @property
    def lines(self) -> bytes:
        """One hexadecimal word a line."""
        return self.word.hex_lines(self.values)


def uniform_layout(values: AnyArray) -> int | None:
    """The one value that all entries have; None where they differ. An array without entries counts as 0."""
    flat = np.asarray(values).reshape(-1)
    if flat.size == 0:
        return 0
    return int(flat[0]) if bool(np.all(flat == flat[0])) else None
