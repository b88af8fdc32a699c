"""A text memory: notes in, answers out, with the spikes that led from one note to the next.

    python examples/05_text_memory.py [FOLDER]

Needs the extra `text`: pip install 'spikeloom[text]'. `spikeloom memory add|ask|info|forget` does the same with files.
"""

import sys
import tempfile
from pathlib import Path

from spikeloom import NewRecord, TextMemory, find_embedder

NOTES = {
    "Mira Solberg": "Mira Solberg is a glass blower. She learned her craft in Harnosund.",
    "Harnosund": "A town by the sea; the Ljungan flows through it under an iron bridge.",
    "Ljungan": "Salmon swim up this river in June, and the ice breaks in April.",
    "Tomas Reyes": "Tomas Reyes bakes rye bread and keeps bees on the roof of his shop.",
    "Beekeeping": "A hive needs flowers nearby, water, and shade in the hottest weeks.",
    "Glass": "Sand, soda and lime melt together and are blown through an iron pipe.",
}
QUESTION = "What river flows through the town where Mira Solberg learned?"


def main(folder: Path) -> None:
    embed = find_embedder("wordllama")
    with TextMemory(folder, embed) as memory:
        notes = [NewRecord(text, metadata={"title": title}) for title, text in NOTES.items()]
        titles = dict(zip(memory.add(notes), NOTES, strict=True))
        print(QUESTION)
        for answer in memory.ask(QUESTION, k=3, min_score=0.0).answers:
            print(f"  {answer.score:.2f}  {titles[answer.id]:<13} {answer.why}")
        memory.forget([number for number, title in titles.items() if title == "Tomas Reyes"])
        memory.add(NewRecord("Every evening the glass oven is fed with birch.", namespace="diary"))
    with TextMemory(folder, embed) as memory:  # Everything is in the folder.
        found = memory.ask("what heats the oven?", k=1, namespace="diary", min_score=0.0)
        print(f"diary: {found.answers[0].text}")
        figures = memory.info()
    print(f"{figures.records} notes, {figures.spikes:.1f} spikes a query, gap of cosines {figures.gap:.2f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else Path(tempfile.mkdtemp()) / "memory")
