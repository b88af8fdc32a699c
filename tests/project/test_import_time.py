"""`import neuro` is quick: what is heavy is imported where it is used."""

from __future__ import annotations

import subprocess
import sys

LIMIT_SECONDS = 0.3
REPEATS = 5
HEAVY = ("brian2", "torch", "matplotlib", "sympy", "numba", "sklearn")

# Processor time, not the clock's: a busy machine must not make the import look slow.
PROBE = """
import sys, time
start = time.process_time()
import neuro
print(time.process_time() - start)
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""


def _probe() -> tuple[float, set[str]]:
    run = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    seconds, names = run.stdout.splitlines()
    return float(seconds), set(names.split())


def test_import_neuro_is_quick_and_light() -> None:
    runs = [_probe() for _ in range(REPEATS)]
    loaded = [name for name in HEAVY if name in runs[0][1]]
    assert not loaded, f"`import neuro` loads {loaded}: import them in the function that uses them"
    best = min(seconds for seconds, _ in runs)
    assert best <= LIMIT_SECONDS, f"`import neuro` takes {best:.3f} s; {LIMIT_SECONDS} s are allowed"
