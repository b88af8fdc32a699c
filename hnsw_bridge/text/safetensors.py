"""Files of safetensors read on numpy alone: a length, a JSON header, then the arrays; nothing in them is run."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path

import numpy as np

from neuro.arrays import AnyArray
from neuro.errors import InvalidInput

_DTYPES = {"F32": "<f4", "F16": "<f2"}


def read_safetensors(path: Path) -> dict[str, AnyArray]:
    """The floating arrays of a file, by name; float16 and float32 as they are stored, read-only.

    Raises:
        InvalidInput: no such file, it is cut short, or it is none.
    """
    try:
        content = path.read_bytes()
        (size,) = struct.unpack_from("<Q", content)
        header = json.loads(content[8 : 8 + size])
        return {
            name: np.frombuffer(
                content, _DTYPES[entry["dtype"]], math.prod(entry["shape"]), 8 + size + entry["data_offsets"][0]
            ).reshape(entry["shape"])
            for name, entry in header.items()
            if name != "__metadata__" and entry["dtype"] in _DTYPES
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise InvalidInput(f"{path} holds no weights ({error}); install its package again") from None
