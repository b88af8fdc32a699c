"""``python -m spikeloom`` is the command ``spikeloom``."""

from __future__ import annotations

import sys

from spikeloom.cli import main

if __name__ == "__main__":
    sys.exit(main())
