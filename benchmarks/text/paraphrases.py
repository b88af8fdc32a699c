"""Rows of bench ``text``: cues that say a record in other words, among more and more others, without and with variants.

Twenty records and cues that share hardly a word; the background are entries of WordNet. The variants are further ways
to call a record, and none of them is the cue that is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from benchmarks.data import data_folder
from benchmarks.form import Measured, Row, checked
from benchmarks.memory.data import load_nouns
from benchmarks.text.lab import EMBEDDER_NAMES, Floats, TextLab, interval, read_data
from hnsw_bridge.text.records import NewRecord

BACKGROUNDS = (0, 100, 500, 1_000, 20_000)

PAIRS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Mira sold her bicycle last spring.", "She no longer owns a two-wheeler.",
     ("Does she still have a bike to ride?", "She gave up cycling and got rid of it.")),
    ("The boiler in the cellar leaks.", "Something is dripping below the house.",
     ("Water escapes from the heater downstairs.", "There is a puddle under the house from the heating.")),
    ("Tomas is allergic to peanuts.", "Which snack would make him ill?",
     ("A food that he must never eat.", "What kind of nut is dangerous for him?")),
    ("Our dentist moved to Harbour Street.", "Where do we get our teeth checked now?",
     ("The practice for toothache has a new address.", "We have our teeth cleaned at another place.")),
    ("The spare key hangs behind the mirror.", "How do I get in when I am locked out?",
     ("A way to open the door without my own.", "I am locked out, what opens the door?")),
    ("Grandmother taught me to knit when I was six.", "Who showed you how to work with wool?",
     ("A skill with needles learned in childhood.", "You learned wool work as a child from whom?")),
    ("The meeting on Thursday was called off.", "We need not show up that day after all.",
     ("That appointment does not take place.", "There is no need to show up, it is not happening.")),
    ("Jon quit smoking two years ago.", "He gave up cigarettes.",
     ("Tobacco is behind him.", "Does he still light one up?")),
    ("The new intern speaks fluent Portuguese.", "Who could translate the letter from Brazil?",
     ("Someone here knows the language of Lisbon.", "Who could translate what came from Brazil?")),
    ("Our cat hides during thunderstorms.", "What frightens the pet?",
     ("The animal fears loud weather.", "Lightning frightens the pet.")),
    ("The printer jams on thick paper.", "Why does the machine refuse heavy sheets?",
     ("Cardboard gets stuck in the office device.", "The machine won't take heavy sheets.")),
    ("Anna keeps her savings in a tin under the bed.", "Where is her money?",
     ("She does not trust a bank with cash.", "Her money lies hidden in the bedroom.")),
    ("The bakery on the corner opens at five.", "How early can I buy rolls?",
     ("Fresh bread before sunrise.", "The earliest time to buy rolls.")),
    ("He proposed to her on a ferry.", "Where did they get engaged?",
     ("The question was asked on the water.", "They became engaged aboard a boat.")),
    ("My sister repairs violins for a living.", "What is her trade?",
     ("A craft with string instruments.", "Her trade has to do with music and wood.")),
    ("The lake freezes in January.", "When could we go skating?",
     ("Ice on the water in the coldest month.", "The month in which one could go skating.")),
    ("I take my coffee without sugar.", "How do you like your hot drink?",
     ("No sweetener in the morning cup, please.", "You like your hot drink unsweetened.")),
    ("Their flight lands shortly before midnight.", "At what time should we fetch them from the airport?",
     ("The plane comes in late in the evening.", "The time to fetch them from the airport is late.")),
    ("The roof was retiled after the hailstorm.", "What was mended because of the bad weather?",
     ("Ice from the sky broke the top of the house.", "Something on the house was mended because of bad weather.")),
    ("Leo plays chess by post with a friend in Chile.", "Which game does he carry on with someone abroad?",
     ("Moves travel by letter to South America.", "A board game carried on with someone abroad.")),
)  # fmt: skip
"""Record, cue, variants."""


def _background(lab: TextLab, name: str) -> list[str]:
    """Texts of WordNet's entries; MiniLM's embeddings of them are read, for they take minutes to make."""
    given = read_data("wordnet_nouns.json")
    texts = [f"{lemma}: {gloss}" for lemma, gloss in zip(given["lemma"], given["gloss"], strict=True)]
    if name == "minilm":
        lab.embedder(name).know(texts, load_nouns(data_folder() / "text").entry)
    return texts[: max(BACKGROUNDS)]


def _right(lab: TextLab, name: str) -> Mapping[str, Floats]:
    """By cosine, by the memory, by the memory with variants: shape (backgrounds, pairs), 1 where the first is right."""
    texts = _background(lab, name)
    embed, records = lab.embedder(name), [NewRecord(record) for record, _, _ in PAIRS]
    found: dict[str, list[list[float]]] = {"cosine": [], "memory": [], "with variants": []}
    for held in BACKGROUNDS:
        with lab.memory([*records, *map(NewRecord, texts[:held])], embed) as memory:
            graph = memory.state().graph
            cues = embed([cue for _, cue, _ in PAIRS])
            found["cosine"].append(
                [float(int(graph.ids[np.argmax(graph.vectors @ c)]) == n) for n, c in enumerate(cues, 1)]
            )
            for way in ("memory", "with variants"):
                if way == "with variants":
                    variants = [(number, text) for number, (_, _, own) in enumerate(PAIRS, 1) for text in own]
                    memory.add_cues([number for number, _ in variants], [text for _, text in variants])
                first = [memory.ask(cue, 1, min_score=-1.0).answers for _, cue, _ in PAIRS]
                found[way].append([float(bool(own) and own[0].id == n) for n, own in enumerate(first, 1)])
    return {way: np.array(rows) for way, rows in found.items()}


def _kept(lab: TextLab, name: str) -> Mapping[str, Floats]:
    found: Mapping[str, Floats] = lab.keep(f"paraphrases, {name}", lambda: _right(lab, name))
    return found


def below_cosine(name: str) -> Row:
    """By how many points of R@1 the memory, abstention included, is below exact cosine at the worst background."""

    def measure(lab: TextLab) -> Measured:
        found = _kept(lab, name)
        shares = {way: (100 * rows.mean(axis=1)).tolist() for way, rows in found.items()}
        worst = 100 * (found["cosine"] - found["memory"]).mean(axis=1).max()
        note = f"{len(PAIRS)} pairs among {', '.join(f'{held:,}' for held in BACKGROUNDS)} entries; samples: R@1, %"
        equal = checked(found["cosine"].shape == (len(BACKGROUNDS), len(PAIRS)), "all are asked the same cues")
        return Measured(float(worst), "points", equal, shares, "exact cosine at most, %", shares["cosine"][-1], note)

    return measure


def variants_gain(name: str) -> Row:
    """Points of R@1 that variants of the cues add in the largest background."""

    def measure(lab: TextLab) -> Measured:
        found = _kept(lab, name)
        paired = 100 * (found["with variants"][-1] - found["memory"][-1])
        low, high = interval(paired)
        equal = checked(
            paired.size == len(PAIRS), "the same cues are asked with and without variants, none of them a cue"
        )
        without = 100 * float(found["memory"][-1].mean())
        note = f"two variants a record; 95 % paired bootstrap {low:.0f} to {high:.0f}"
        return Measured(
            float(paired.mean()), "points", equal, peer="without variants, %", peer_value=without, note=note
        )

    return measure


PARAPHRASE_ROWS: Mapping[str, Row] = MappingProxyType(
    {f"paraphrases-below-cosine-{name}": below_cosine(name) for name in EMBEDDER_NAMES}
    | {f"cue-variants-gain-{name}": variants_gain(name) for name in EMBEDDER_NAMES}
)
