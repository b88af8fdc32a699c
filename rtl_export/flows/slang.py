"""slang: the adapter to pyslang, run in a process of its own as ``python -m rtl_export.flows.slang ARGUMENTS``.

The arguments are those of slang's own command line; the exit status is 0 where it has nothing to say.
"""

from __future__ import annotations

import shlex
import sys


def run_slang() -> int:
    """Compile what the arguments name and report every diagnostic."""
    from pyslang import driver

    slang = driver.Driver()
    slang.addStandardArgs()
    command = shlex.join(["slang", *sys.argv[1:]])
    if not (slang.parseCommandLine(command) and slang.processOptions() and slang.parseAllSources()):
        return 2
    slang.reportCompilation(slang.createCompilation(), quiet=True)
    return 0 if slang.reportDiagnostics(True) else 1


if __name__ == "__main__":
    raise SystemExit(run_slang())
