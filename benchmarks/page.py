"""The page of metrics: each bench owns one section of it, written from its latest run and never by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.form import figure
from neuro.errors import InvalidInput
from neuro.storage import write_bytes

_TITLE = "# Performance\n\nEach section is written by `spikeloom bench NAME --page docs/performance.md`.\n"


def renew_section(page: Path, report: Mapping[str, Any]) -> None:
    """Write a bench's section into the page, which is made if it is not there.

    Raises:
        InvalidInput: the page can't be read or written, or its markers are broken.
    """
    name = report["bench"]
    begin, end = f"<!-- bench {name}: begin -->", f"<!-- bench {name}: end -->"
    try:
        text = page.read_text(encoding="utf-8") if page.exists() else _TITLE
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{page} can't be read ({error}); give another page") from None
    section = f"{begin}\n{_section(report)}{end}\n"
    if (text.count(begin), text.count(end)) == (0, 0):
        text = text.rstrip("\n") + "\n\n" + section
    elif (text.count(begin), text.count(end)) == (1, 1) and text.index(begin) < text.index(end):
        text = text[: text.index(begin)] + section + text[text.index(end) + len(end) + 1 :]
    else:
        raise InvalidInput(f"{page} has broken markers of bench {name!r}; remove them and run again")
    write_bytes(page, text.encode())


def _section(report: Mapping[str, Any]) -> str:
    machine, versions = report["machine"], report["versions"]
    tools = ", ".join(f"{name} {number}" for name, number in sorted(versions.items()))
    lines = [
        f"## {report['bench']}",
        "",
        f"{machine['processor']}, {machine['cores']} cores. {tools}. Commit {report['commit'][:12]}.",
        "",
        "| metric | value | threshold | peer | what was equal first | how |",
        "| --- | ---: | ---: | --- | --- | --- |",
    ]
    for row in report["rows"]:
        judged = "" if row["bar"] is None else f"{row['better']} {row['bar']:g} ({'met' if row['met'] else 'missed'})"
        peer = row["peer"] or ""
        if row["peer_value"] is not None:
            peer += f": {figure(row['peer_value'])}"
        value = f"{figure(row['value'])} {row['unit']}".strip()
        lines.append(f"| {row['name']} | {value} | {judged} | {peer} | {row['equal']} | {row['note']} |")
    return "\n".join(lines) + "\n"
