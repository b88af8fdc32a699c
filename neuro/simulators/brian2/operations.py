"""Operations in Brian2: code run every n ticks on a group, with sums over synapses where the code asks for them.

Brian2 has no word for ``incoming(x)`` inside a statement. Brian2 evaluates x on every synapse, numpy adds it up per
neuron in the order of the synapses, and Brian2 runs the statement with the sum in the call's place.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from neuro.compiler.ir import TOTALS, Scope, Slot

if TYPE_CHECKING:
    import brian2

_STEPS = 1000
"""Room for the parts of one operation among the orders of a network."""

_WHEN = MappingProxyType({Slot.FIRST: "before_start", Slot.START: "start", Slot.END: "end"})


@dataclass(frozen=True, slots=True)
class _When:
    """How often and in which slot and place an operation runs."""

    seconds: float
    slot: str
    order: int

    def then(self, steps: int) -> _When:
        return replace(self, order=self.order + steps)


def operation_objects(
    group: brian2.Group, code: str, every_seconds: float, order: int, slot: Slot = Slot.END
) -> list[brian2.BrianObject]:
    """Brian2 objects that run ``code`` on a group every so often, in a slot of the tick, in the given order."""
    lines = [line.strip() for text in code.splitlines() for line in text.split(";") if line.strip()]
    # The first places of a slot are those of restarts and inputs.
    when = _When(every_seconds, _WHEN[slot], (order + 1) * _STEPS)
    if not any(f"{name}(" in line for line in lines for name in TOTALS):
        return [_run(group, "\n".join(lines), when)]
    objects: list[brian2.BrianObject] = []
    for line in lines:
        statement, calls = _without_totals(line, order * _STEPS + len(objects))
        for name, (function, text) in calls.items():
            ends = TOTALS[function]
            objects += _sum_objects(group, name, (text, ends), when.then(len(objects)))
        objects.append(_run(group, statement, when.then(len(objects))))
    return objects


def _run(group: brian2.Group, code: str, when: _When) -> brian2.CodeRunner:
    from brian2 import second

    return group.run_regularly(code, dt=when.seconds * second, when=when.slot, order=when.order)


def _without_totals(line: str, number: int) -> tuple[str, dict[str, tuple[str, str]]]:
    """The line with its sums replaced by variables; variable -> (function, text of what it sums)."""
    calls: dict[str, tuple[str, str]] = {}

    class Replace(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.AST:
            if isinstance(node.func, ast.Name) and node.func.id in TOTALS:
                name = f"spikeloom_{number}_{len(calls)}"
                calls[name] = node.func.id, ast.unparse(node.args[0])
                return ast.parse(f"({name}_total*{name}_unit)", mode="eval").body
            return self.generic_visit(node)

    return ast.unparse(Replace().visit(ast.parse(line))), calls


def _sum_objects(group: brian2.Group, name: str, summed: tuple[str, Scope], when: _When) -> list[brian2.BrianObject]:
    from brian2 import NetworkOperation, second
    from brian2.parsing.expressions import parse_expression_dimensions
    from brian2.units.fundamentalunits import Quantity
    from brian2.utils.stringtools import get_identifiers

    text, ends_at = summed
    variables = group.resolve_all(get_identifiers(text), run_namespace={})
    group.namespace[f"{name}_unit"] = Quantity(1.0, dim=parse_expression_dimensions(text, variables))
    for part in ("value", "total"):
        group.variables.add_array(f"{name}_{part}", size=len(group), index="_idx")
        group.variables[f"{name}_{part}"].set_value(np.zeros(len(group)))
    side = "_synaptic_post" if ends_at is Scope.POST else "_synaptic_pre"
    ends = np.array(group.variables[side].get_value())

    def add_up() -> None:
        sums = np.bincount(ends, weights=group.variables[f"{name}_value"].get_value())
        group.variables[f"{name}_total"].set_value(sums[ends])

    evaluate = _run(group, f"{name}_value = ({text})/{name}_unit", when)
    summing = NetworkOperation(add_up, dt=when.seconds * second, when=when.slot, order=when.order + 1)
    return [evaluate, summing]
