"""The winners rule inside a Brian2 threshold: in Python on the numpy target, in C++ on the standalone device.

The numpy target hands a function the whole population at once. C++ calls it once a neuron, so there the margins are
stored before the thresholds, and the call for neuron 0 decides for all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from neuro.arrays import AnyArray, stable_top_k
from neuro.compiler.ir import WinnersRule
from neuro.errors import UnsupportedByTarget

if TYPE_CHECKING:
    import brian2

MARGIN = "spikeloom_margin"

_CPP = """
static inline double {name}(const int neuron)
{{
    static std::vector<char> fires;
    static long used = 0;
    if (neuron == 0) {{
        std::vector<int> crossing;
        for (int k = 0; k < {size}; k++)
            if ({margins}[k] > 0) crossing.push_back(k);
        std::stable_sort(crossing.begin(), crossing.end(), [](int left, int right) {{
            return {margins}[left] > {margins}[right];
        }});
        long limit = crossing.size();
        if ({per_tick} >= 0) limit = std::min(limit, (long){per_tick});
        if ({most} >= 0) limit = std::min(limit, (long){most} - used);
        fires.assign({size}, 0);
        for (long k = 0; k < limit; k++) fires[crossing[k]] = 1;
        used += limit;
    }}
    return fires[neuron];
}}
"""


@dataclass(frozen=True, slots=True)
class WinnersCode:
    """What a group gets for a winners rule.

    Args:
        threshold: the condition.
        functions: name -> Brian2 function, for the group's namespace.
        equations: lines that are added to the equations.
        before: code that runs before the thresholds; ``""`` for none.
    """

    threshold: str
    functions: dict[str, brian2.Function]
    equations: str = ""
    before: str = ""


class WinnersCount:
    """The winners rule as a Brian2 function; remembers how many fired since the last restart."""

    def __init__(self, rule: WinnersRule) -> None:
        self.rule = rule
        self.used = 0

    def restart(self) -> None:
        """Start of a presentation: nobody has fired yet."""
        self.used = 0

    def __call__(self, margin: AnyArray, able: AnyArray) -> AnyArray:
        """1.0 for each neuron that fires (margin > 0, able, among the largest), else 0.0; shape (size,)."""
        crossing = np.flatnonzero((margin > 0) & (able > 0))
        limit = crossing.size
        if self.rule.per_tick is not None:
            limit = min(limit, self.rule.per_tick)
        if self.rule.max_winners is not None:
            limit = min(limit, self.rule.max_winners - self.used)
        order = stable_top_k(margin[crossing], limit)
        fires = np.zeros(margin.shape)
        fires[crossing[order]] = 1.0
        self.used += limit
        return fires


WinnersWriter = Callable[[WinnersCount, int, str, str], WinnersCode]
"""(rule, size, margin, able) -> code; margin and able are texts in Brian2's language."""


def limited(rule: WinnersRule) -> bool:
    """Whether a winners rule limits anything."""
    return rule.per_tick is not None or rule.max_winners is not None


def winners_function(count: WinnersCount) -> brian2.Function:
    """The winners rule as a ``brian2.Function`` of (margin, able), numpy only."""
    from brian2 import Function

    function = Function(count, arg_units=[None, 1], arg_names=["margin", "able"], return_unit=1, stateless=False)
    function.implementations.add_implementation("numpy", code=count)
    return function


def numpy_winners(count: WinnersCount, size: int, margin: str, able: str) -> WinnersCode:  # noqa: ARG001
    """The rule for the numpy target: a function of all margins inside the threshold."""
    return WinnersCode(f"spikeloom_winners({margin}, {able}) > 0.5", {"spikeloom_winners": winners_function(count)})


def cpp_winners(count: WinnersCount, size: int, margin: str, able: str) -> WinnersCode:
    """The rule for C++: margins are stored first, the function reads them where the device keeps them."""
    functions = {"spikeloom_winners": _cpp_function(count.rule, size), "spikeloom_plain": _plain_function()}
    before = f"{MARGIN} = spikeloom_plain({margin}) * {able}"
    return WinnersCode("spikeloom_winners(i) > 0.5", functions, f"\n{MARGIN} : 1", before)


def _plain_function() -> brian2.Function:
    """A number without its unit."""
    from brian2 import Function

    function = Function(lambda value: value, arg_units=[None], arg_names=["value"], return_unit=1)
    code = "static inline double spikeloom_plain(const double value) { return value; }"
    function.implementations.add_implementation("cpp", code=code, name="spikeloom_plain")
    return function


def _cpp_function(rule: WinnersRule, size: int) -> brian2.Function:
    from brian2 import Function

    function = Function(
        _only_in_cpp, arg_units=[1], arg_names=["neuron"], arg_types=["integer"], return_unit=1, stateless=False
    )

    def code(owner: brian2.Group) -> str:
        variable = owner.variables[MARGIN]
        return _CPP.format(
            name="spikeloom_winners",
            size=size,
            margins=f"brian::{variable.device.get_array_name(variable, access_data=False)}",
            per_tick=-1 if rule.per_tick is None else rule.per_tick,
            most=-1 if rule.max_winners is None else rule.max_winners,
        )

    function.implementations.add_dynamic_implementation(
        "cpp",
        code,
        namespace=lambda _: {},
        name="spikeloom_winners",
        compiler_kwds={"headers": ["<algorithm>", "<vector>"]},
    )
    return function


def _only_in_cpp(neuron: int) -> NoReturn:
    raise UnsupportedByTarget(
        f"the C++ winners rule in Python (neuron {neuron})", "Brian2's numpy target", "build it as Brian2Standalone"
    )
