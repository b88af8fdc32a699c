"""The examples in docstrings give what they promise."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

from tests.project.structure import PACKAGES, ROOT, sources


def modules_with_examples(root: Path) -> list[str]:
    """Public modules that contain a doctest, found by reading: collecting tests imports nothing."""
    found: list[str] = []
    for path in sources(root, PACKAGES):
        parts = path.relative_to(root).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        is_public = not any(part.startswith("_") for part in parts)
        if is_public and ">>>" in path.read_text(encoding="utf-8"):
            found.append(".".join(parts))
    return found


@pytest.mark.parametrize("name", modules_with_examples(ROOT))
def test_docstring_examples(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # an example that writes, writes here
    outcome = doctest.testmod(
        importlib.import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    )
    assert outcome.attempted > 0, f"{name} holds >>> outside of its docstrings"
    assert outcome.failed == 0


def test_private_and_plain_modules_are_left_out(tmp_path: Path) -> None:
    for path, text in [
        ("a.py", "'''>>> 1'''"),
        ("_b.py", "'''>>> 1'''"),
        ("c.py", ""),
        ("d/__init__.py", ">>>"),
    ]:
        (tmp_path / "neuro" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "neuro" / path).write_text(text)
    assert modules_with_examples(tmp_path) == ["neuro.a", "neuro.d"]
