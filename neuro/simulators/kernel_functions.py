"""The functions that a printed kernel may call, as source text: only those that it names are printed with it."""

from __future__ import annotations

from types import MappingProxyType

from neuro.random_bits import INDEX_FACTOR, MIX_FACTORS, SECOND_WORD, TICK_FACTOR, WORD

_INLINE = '@njit(cache=True, error_model="numpy", nogil=True, inline="always")'
_FUNCTION = '@njit(cache=True, error_model="numpy", nogil=True)'

_SIGN = f"""{_INLINE}
def sign(x):
    return (x > 0) - (x < 0)
"""

_EXPREL = f'''{_FUNCTION}
def exprel(x):
    """(exp(x) - 1) / x, 1 at x = 0."""
    return 1.0 if x == 0.0 else math.expm1(x) / x
'''

_RANDOM_BITS = f'''{_FUNCTION}
def mixed(x):
    """A bijection of 32-bit words; int64 products wrap, the mask keeps their low half."""
    x = x ^ (x >> 16)
    x = (x * {MIX_FACTORS[0]}) & {WORD}
    x = x ^ (x >> 15)
    x = (x * {MIX_FACTORS[1]}) & {WORD}
    return x ^ (x >> 16)


{_FUNCTION}
def random_bits(seed, tick, index):
    first = mixed((np.int64(seed) & {WORD}) ^ (np.int64(tick) * {TICK_FACTOR} & {WORD}))
    return mixed(first ^ (np.int64(index) * {INDEX_FACTOR} & {WORD}))
'''

_RANDOM_NORMAL = f"""{_FUNCTION}
def random_normal(seed, tick, index):
    first = random_bits(seed, tick, index)
    second = random_bits(np.int64(seed) ^ {SECOND_WORD}, tick, index)
    radius = math.sqrt(-2.0 * math.log((first + 1.0) / 4294967296.0))
    return radius * math.cos(second * (2.0 * math.pi / 4294967296.0))
"""

_KEEP_LARGEST = f'''{_FUNCTION}
def keep_largest(ring, slot, count, limit, margins, fire):
    """Keep the ``limit`` largest margins of the ascending list ``ring[slot]``; ties go to the lower index."""
    if count <= limit:
        return count
    best = np.empty(max(limit, 0), np.int64)
    kept = 0
    for a in range(count):
        i = ring[slot, a]
        fire[i] = False
        if kept < limit:
            at = kept
            kept += 1
        elif kept > 0 and margins[i] > margins[best[kept - 1]]:
            at = kept - 1
        else:
            continue
        while at > 0 and margins[i] > margins[best[at - 1]]:
            best[at] = best[at - 1]
            at -= 1
        best[at] = i
    for a in range(kept):
        fire[best[a]] = True
    left = 0
    for a in range(count):
        if fire[ring[slot, a]]:
            ring[slot, left] = ring[slot, a]
            left += 1
    return left
'''

_SOURCES = MappingProxyType(
    {
        "sign(": _SIGN,
        "exprel(": _EXPREL,
        "keep_largest(": _KEEP_LARGEST,
        "random_bits(": _RANDOM_BITS,
        "random_normal(": _RANDOM_NORMAL,
    }
)


def functions_for(body: str) -> str:
    """The source of every function that a kernel's body calls, in an order in which each knows the earlier ones."""
    wanted = {call for call in _SOURCES if call in body}
    if "random_normal(" in wanted:
        wanted.add("random_bits(")
    return "".join(f"{source}\n\n" for call, source in _SOURCES.items() if call in wanted)
