"""The pathways of Brian2's Synapses, joined to as few projections as their delays allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuro.arrays import IntArray
from neuro.interop.brian2.code import assigned, identifiers
from neuro.interop.brian2.reading import Reading, refuse

if TYPE_CHECKING:
    from brian2 import Synapses
    from brian2.equations.equations import SingleEquation
    from brian2.synapses.synapses import SynapticPathway


@dataclass(frozen=True, slots=True, eq=False)
class Pathways:
    """Pathways that become one projection.

    Args:
        name: of the projection.
        on_pre, on_post: their code.
        delay: of on_pre, in ticks, shape () or (synapses,) in Brian2's order.
        pre, post: where Brian2 runs the first on_pre and on_post of them, (order, name); None where there is none.
    """

    name: str
    on_pre: str
    on_post: str
    delay: IntArray
    pre: tuple[int, str] | None
    post: tuple[int, str] | None


def pathways_of(synapses: Synapses, own: Mapping[str, SingleEquation], reading: Reading) -> list[Pathways]:
    """The pathways of Synapses, joined where their delays are equal.

    Args:
        synapses: the Synapses.
        own: what they declare, by name.
        reading: the reading.

    Raises:
        UnsupportedByTarget: a delay of on_post, or pathways with different delays that share a variable.
    """
    where = f"Synapses {synapses.name!r}"
    parts = sorted(synapses._pathways, key=lambda part: (part.order, part.name))
    for part in parts:
        _check(part, reading, where)
    before = [part for part in parts if part.prepost == "pre"]
    after = [part for part in parts if part.prepost == "post"]
    on_post = "\n".join(part.code for part in after)
    post = (after[0].order, after[0].name) if after else None
    joined = _joined(before, reading)
    for group in (after, *(group for _, group in joined)):
        if len({part.order for part in group}) > 1:
            refuse(f"pathways of {where} with one delay and different orders", "give them one order")
    if not joined:
        return [Pathways(synapses.name, "", on_post, np.array(0), None, post)]
    codes = ["\n".join(part.code for part in group) for _, group in joined]
    host = _host(codes, on_post, own, where) if len(codes) > 1 else 0
    return [
        Pathways(
            synapses.name if number == 0 else group[0].name,
            code,
            on_post if number == host else "",
            delay,
            (group[0].order, group[0].name),
            post if number == host else None,
        )
        for number, ((delay, group), code) in enumerate(zip(joined, codes, strict=True))
    ]


def _joined(parts: list[SynapticPathway], reading: Reading) -> list[tuple[IntArray, list[SynapticPathway]]]:
    """(delay, pathways with that delay), in the order of the first of each."""
    joined: list[tuple[IntArray, list[SynapticPathway]]] = []
    for part in parts:
        delay = _delay(part, reading)
        same = next((group for known, group in joined if np.array_equal(known, delay)), None)
        if same is None:
            joined.append((delay, [part]))
        else:
            same.append(part)
    return joined


def _check(part: SynapticPathway, reading: Reading, where: str) -> None:
    if part.eventspace_name != "_spikespace":
        refuse(f"the custom event of {part.name!r}", "use spikes")
    if part.prepost == "post" and np.any(_delay(part, reading)):
        refuse(f"a delay of on_post in {where}", "set it to 0 ms")
    if reading.start and part.queue is not None:
        waiting = part.queue._full_state()[1]
        if sum(np.size(row) for row in waiting):
            refuse(f"spikes under way in {part.name!r}", "read the network before its run, or run on until none is")


def _delay(part: SynapticPathway, reading: Reading) -> IntArray:
    """Whole ticks, rounded as Brian2 does; shape () where all are equal."""
    ticks = np.round(np.asarray(part.variables["delay"].get_value()) / reading.dt).astype(np.int64)
    return ticks if ticks.size and np.any(ticks != ticks.flat[0]) else np.array(ticks.flat[0] if ticks.size else 0)


def _host(codes: list[str], on_post: str, own: Mapping[str, SingleEquation], where: str) -> int:
    """Which of several on_pre codes keeps on_post; pathways with delays of their own may share no written variable."""
    texts = [*codes, on_post]
    uses = [identifiers(text) & set(own) for text in texts]
    written = [assigned(text) & set(own) for text in texts]
    partners = set()
    for one in range(len(texts)):
        for other in range(one + 1, len(texts)):
            shared = (uses[one] & written[other]) | (uses[other] & written[one])
            if shared and other == len(codes):
                partners.add(one)
            elif shared:
                refuse(
                    f"pathways with different delays in {where} that share {min(shared)!r}",
                    "give them one delay, or Synapses of their own",
                )
    if len(partners) > 1:
        refuse(f"on_post of {where}, which shares variables with several delays", "use Synapses of their own")
    return partners.pop() if partners else 0
