"""LibreLane: checks a ``config.json`` against LibreLane's own variables; run by the Python that LibreLane lives in.

``python librelane_check.py CONFIG.json`` prints one complaint a line, and ends with status 1 where there is any.
It imports nothing of Spikeloom: LibreLane's requirements may differ from ours, so it may live on its own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def check_config() -> int:
    """Check the file that the argument names."""
    from librelane.common import GenericDict
    from librelane.config import universal_flow_config_variables
    from librelane.config.preprocessor import preprocess_dict
    from librelane.flows import Flow

    path = Path(sys.argv[1])
    given = json.loads(path.read_text(encoding="utf-8"))
    given.pop("meta", None)
    flow = Flow.factory.get("Classic")
    known = {part.name: part for step in flow.Steps for part in step.get_all_config_variables()}
    known |= {part.name: part for part in (*universal_flow_config_variables, *flow.config_vars)}
    values = GenericDict(
        preprocess_dict(given, pdk="any", pdkpath="", scl="any", pad=None, design_dir=str(path.parent.resolve()))
    )
    complaints = []
    for name in given:
        if name not in known:
            complaints.append(f"{name}: LibreLane has no variable of that name")
            continue
        try:
            warned: list[str] = []
            known[name].compile(values, warned, permissive_typing=False)
            complaints += [f"{name}: {text}" for text in warned]
        except (ValueError, TypeError) as error:
            complaints.append(f"{name}: {error}")
    sys.stdout.write("\n".join([f"{len(given)} of {len(known)} variables checked", *complaints, ""]))
    return 1 if complaints else 0


if __name__ == "__main__":
    raise SystemExit(check_config())
