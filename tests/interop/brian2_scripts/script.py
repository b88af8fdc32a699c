"""What a script gives: its Brian2 objects as a network, and the constants beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from brian2 import Network
from brian2.core.base import BrianObject


@dataclass(frozen=True)
class Script:
    """A network and the names that its code finds outside."""

    network: Network
    namespace: Mapping[str, Any]


def script(names: Mapping[str, Any]) -> Script:
    """The script whose local names these are."""
    objects = [value for value in names.values() if isinstance(value, BrianObject)]
    others = {name: value for name, value in names.items() if not isinstance(value, BrianObject)}
    return Script(Network(objects), others)
