"""Kernels that every printed query calls: fetching ahead, sorting, and the winners rule over slots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from neuro.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from numba.core.typing.context import BaseContext
    from numba.core.typing.templates import Signature


@intrinsic
def prefetch(
    _context: BaseContext, array: types.Array, place: types.Integer
) -> tuple[Signature, Callable[..., ir.Value]]:
    """Have the processor fetch ``array[place]`` ahead of its use (LLVM's prefetch: to read, into all caches, data)."""

    def generate(
        target: Any, builder: ir.IRBuilder, signature: Signature, given: tuple[ir.Value, ir.Value]
    ) -> ir.Value:
        values, at = target.make_array(signature.args[0])(target, builder, given[0]), given[1]
        whole, pointer = ir.IntType(32), ir.IntType(8).as_pointer()
        address = builder.bitcast(builder.gep(values.data, [at]), pointer)
        kind = ir.FunctionType(ir.VoidType(), [pointer, whole, whole, whole])
        function = builder.module.declare_intrinsic("llvm.prefetch", [pointer], kind)
        builder.call(function, [address, whole(0), whole(3), whole(1)])
        return target.get_dummy_value()

    return types.void(array, place), generate


@njit(cache=True, nogil=True, error_model="numpy")
def ascend(keys: IntArray, count: int) -> None:
    """Sort ``keys[:count]`` (Shell's sort: short, and quick for the few spikes of a tick)."""
    gap = 1
    while gap < count // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for a in range(gap, count):
            key = keys[a]
            b = a
            while b >= gap and keys[b - gap] > key:
                keys[b] = keys[b - gap]
                b -= gap
            keys[b] = key
        gap //= 3


@njit(cache=True, nogil=True, error_model="numpy")
def largest(values: FloatArray, count: int, rank: int) -> float:
    """The value that ``rank`` of ``values[:count]`` reach or exceed (Hoare's selection); reorders them."""
    low, high = 0, count - 1
    while low < high:
        pivot = values[(low + high) // 2]
        a, b = low, high
        while a <= b:
            while values[a] > pivot:
                a += 1
            while values[b] < pivot:
                b -= 1
            if a <= b:
                values[a], values[b] = values[b], values[a]
                a += 1
                b -= 1
        if rank - 1 <= b:
            high = b
        elif rank - 1 >= a:
            low = a
        else:
            break
    return float(values[rank - 1])


@njit(cache=True, nogil=True, error_model="numpy")
def keep_winners(keys: IntArray, margins: FloatArray, room: FloatArray, ties: IntArray, count: int, limit: int) -> int:
    """Keep the ``limit`` largest margins of ``keys[:count]`` (node, then slot); ties go to the lower node."""
    if limit <= 0:
        return 0
    for a in range(count):
        room[a] = margins[a]
    last = largest(room, count, limit)
    kept, tied = 0, 0
    for a in range(count):
        if margins[a] > last:
            keys[kept] = keys[a]
            kept += 1
        elif margins[a] == last:
            ties[tied] = keys[a]
            tied += 1
    ascend(ties, tied)
    for a in range(limit - kept):
        keys[kept + a] = ties[a]
    return limit
