"""``spikeloom memory``: what it keeps, answers and refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hnsw_bridge import TextMemory
from spikeloom.cli import main
from tests.hnsw_bridge.texts import PEOPLE, HashedNgrams


@pytest.fixture(autouse=True)
def small_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hnsw_bridge.find_embedder", lambda name: HashedNgrams(f"{name.partition('-')[0]}-64"))


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    lines = [{"text": record.text, "title": record.metadata["title"], "namespace": "people"} for record in PEOPLE]
    (tmp_path / "people.jsonl").write_text("\n".join(json.dumps(line) for line in lines) + "\n\n")
    (tmp_path / "The_mill.txt").write_text("The mill stands at the Ljungan.\n\n# Its wheel\n\nThe wheel is of oak.\n")
    made = tmp_path / "memory"
    assert main(["memory", "add", str(made), str(tmp_path / "people.jsonl"), str(tmp_path / "The_mill.txt")]) == 0
    assert "Kept 10 texts as 1 to 10" in capsys.readouterr().out
    return made


def answered(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> object:
    assert main(["memory", *arguments, "--json"]) == status
    return json.loads(capsys.readouterr().out)


def test_add_ask_info_forget(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = answered(capsys, "ask", str(folder), "Tomas Reyes bakes rye bread", "-k", "3", "--namespace", "people")
    first = found["answers"][0]  # type: ignore[index]
    assert (first["id"], first["metadata"]["title"], first["why"]["mentioned"]) == (3, "Tomas Reyes", True)
    found = answered(capsys, "ask", str(folder), "a wheel of oak", "--where", "position=1", "--least", "0")
    assert [answer["id"] for answer in found["answers"]] == [10]  # type: ignore[index]
    assert found["answers"][0]["metadata"]["title"] == "Its wheel"  # type: ignore[index]
    assert main(["memory", "ask", str(folder), "Tomas Reyes bakes rye bread"]) == 0
    shown = capsys.readouterr().out
    assert "Tomas Reyes bakes rye bread and keeps bees" in shown
    assert "title in the" in shown
    assert answered(capsys, "forget", str(folder), "3", "4", "3") == {"forgotten": [3, 4], "records": 8}
    figures = answered(capsys, "info", str(folder))
    assert figures["records"] == 8  # type: ignore[index]
    assert figures["namespaces"] == {"default": 2, "people": 6}  # type: ignore[index]
    assert figures["gap"] == pytest.approx(figures["within"] - figures["between"])  # type: ignore[index]
    assert main(["memory", "info", str(folder)]) == 0
    assert "cosine within linked pairs" in capsys.readouterr().out


def test_abstaining_is_status_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["memory", "ask", str(folder), "zzz qqq", "--least", "0.99"]) == 1
    assert "Nothing here is close to that" in capsys.readouterr().out
    assert main(["memory", "ask", str(folder), "bread", "--where", "language=none"]) == 1
    assert "nothing to look through" in capsys.readouterr().out
    assert main(["memory", "ask", str(folder), "bread", "--least", "0", "--budget", "3"]) == 0
    assert "No answer fits into 3 characters" in capsys.readouterr().out


def test_texts_with_brackets_are_printed_as_they_are(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "Arrays [1, 2] and [bold]tags[/bold] end with [/i] and [red]"
    (folder.parent / "tags.txt").write_text(text)
    assert main(["memory", "add", str(folder), str(folder.parent / "tags.txt")]) == 0
    assert main(["memory", "ask", str(folder), f"{text} [/b]?", "-k", "1", "--least", "0"]) == 0
    shown = capsys.readouterr().out
    for part in ("[1, 2]", "[bold]tags[/bold]", "[/i]", "[red]"):
        assert shown.count(part) == 2, "in the question, which is the title, and in the answer"
    assert "[/b]?" in shown


def test_copies_and_what_is_older_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = tmp_path / "notes.jsonl"
    notes = ["Anna lives in Lisbon.", "The weather is mild.", "The weather is mild.", "Anna lives in Oslo."]
    lines.write_text("".join(json.dumps({"text": text, "created": place}) + "\n" for place, text in enumerate(notes)))
    folder = str(tmp_path / "memory")
    assert main(["memory", "add", folder, str(lines)]) == 0
    capsys.readouterr()
    assert main(["memory", "ask", folder, "Where does Anna live?"]) == 0
    assert "older than 4" in " ".join(capsys.readouterr().out.split())
    assert main(["memory", "ask", folder, "How is the weather?"]) == 0
    assert "2 copies" in " ".join(capsys.readouterr().out.split())


def test_memory_alone_shows_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["memory"]) == 0
    shown = capsys.readouterr().out
    assert all(f"\n  {command} " in shown for command in ("add", "ask", "info", "forget"))


@pytest.mark.parametrize("least", ["nan", "inf"])
def test_a_least_cosine_that_is_no_number_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], least: str
) -> None:
    for more in ([], ["--json"]):
        assert main(["memory", "ask", str(folder), "bread", "--min-score", least, *more]) == 2
        assert f"--min-score is {least}; it must be a cosine" in capsys.readouterr().err


def test_a_damaged_snapshot_is_said_on_standard_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "state" / "arrays.npz").write_bytes(b"damaged")
    assert main(["memory", "ask", str(folder), "Tomas Reyes bakes rye bread"]) == 0
    assert "state is damaged" in capsys.readouterr().err


BAD_LINES = [
    (b'{"text": "fine"}\n{"text": ', "bad.jsonl, line 2 is no JSON"),
    (b'{"text": "fine"}\n\n["a"]', 'bad.jsonl, line 3 is no object with a "text"'),
    (b'{"text": "fine", "colour": 1}', "bad.jsonl, line 1 has the key 'colour'; text, title"),
    (b'{"text": 5}', "bad.jsonl, line 1: text is '5', a int"),
    (b'{"text": " "}', "bad.jsonl, line 1: a text is"),
    (b'{"text": "a", "metadata": {"x": NaN}}', "bad.jsonl, line 1: metadata['x'] is nan"),
    (b'{"text": "fine"}\n{"text": "\xff"}', "bad.jsonl, line 2 is no UTF-8 (byte 0xff)"),
    (b"\n", "bad.jsonl holds no text"),
]


@pytest.mark.parametrize(("content", "message"), BAD_LINES)
def test_a_broken_file_is_named_by_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, message: str
) -> None:
    (tmp_path / "good.txt").write_text("fine")
    (tmp_path / "bad.jsonl").write_bytes(content)
    made = tmp_path / "memory"
    assert main(["memory", "add", str(made), str(tmp_path / "good.txt"), str(tmp_path / "bad.jsonl")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert message in said
    assert not made.exists()


REFUSED: list[tuple[Callable[[Path], list[str]], str]] = [
    (lambda folder: ["ask", str(folder.parent), "a"], "holds no memory; make one with `spikeloom memory add"),
    (lambda folder: ["info", str(folder / "nothing")], "holds no memory"),
    (lambda folder: ["forget", str(folder.parent), "1"], "holds no memory"),
    (lambda folder: ["forget", str(folder), "1", "99"], "there is no record 99"),
    (lambda folder: ["ask", str(folder), "  "], "the question is"),
    (lambda folder: ["ask", str(folder), "a", "-k", "0"], "k is 0"),
    (lambda folder: ["ask", str(folder), "a", "--where", "language"], "NAME=VALUE is allowed"),
    (lambda folder: ["ask", str(folder), "a", "--namespace", "x"], "no namespace 'x'; there are default, people"),
    (lambda folder: ["add", str(folder), str(folder.parent / "none.txt")], "none.txt can't be read"),
    (lambda folder: ["add", str(folder), str(folder.parent / "The_mill.txt"), "--passage", "5"], "most is 5"),
    (
        lambda folder: ["add", str(folder), str(folder.parent / "The_mill.txt"), "--embedder", "minilm"],
        "was made with 'wordllama-64', not with 'minilm'",
    ),
]


def test_what_is_refused_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, message in REFUSED:
        assert main(["memory", *arguments(folder)]) == 2, arguments(folder)
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert message in said
    with TextMemory(folder, HashedNgrams("wordllama-64")) as opened:
        assert len(opened) == 10
        assert main(["memory", "info", str(folder)]) == 0
        assert main(["memory", "forget", str(folder), "1"]) == 2
        assert "is being written by another process" in capsys.readouterr().err


def test_list_get_export_import_and_forget_by_filter(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = {"text": "With a key", "key": "k", "created": "2020-05-01", "metadata": {"n": 1}}
    (folder.parent / "more.jsonl").write_text(json.dumps(line) + "\n")
    assert main(["memory", "add", str(folder), str(folder.parent / "more.jsonl")]) == 0
    capsys.readouterr()
    (kept,) = answered(capsys, "list", str(folder), "--until", "2020-05-02")  # type: ignore[misc]
    assert (kept["id"], kept["key"], kept["created"]) == (11, "k", 1588291200.0)
    assert answered(capsys, "get", str(folder), "--key", "k") == [kept]
    assert [one["id"] for one in answered(capsys, "list", str(folder), "--limit", "3", "--after", "4")] == [5, 6, 7]  # type: ignore[attr-defined]
    assert main(["memory", "list", str(folder), "--where", "n=1"]) == 0
    assert "2020-05-01T00:00:00+00:00" in capsys.readouterr().out
    out = folder.parent / "all.jsonl"
    assert answered(capsys, "export", str(folder), str(out)) == {"file": str(out), "records": 11}
    assert answered(capsys, "import", str(folder.parent / "copy"), str(out)) == {"imported": 11, "records": 11}
    assert answered(capsys, "import", str(folder.parent / "copy"), str(folder.parent / "more.jsonl")) == {
        "imported": 1,
        "records": 11,
    }
    assert answered(capsys, "forget", str(folder), "--key", "k") == {"forgotten": 1, "records": 10}
    assert answered(capsys, "forget", str(folder), "--namespace", "people") == {"forgotten": 8, "records": 2}
    assert main(["memory", "forget", str(folder)]) == 2
    assert "give one of them" in capsys.readouterr().err
    assert main(["memory", "get", str(folder), "--key", "none"]) == 2
    assert "no record with the key 'none'" in capsys.readouterr().err
