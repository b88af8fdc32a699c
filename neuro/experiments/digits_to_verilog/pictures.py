"""Pictures of digits: beside their codes, and where they were misread."""

from __future__ import annotations

from html import escape

import numpy as np
import numpy.typing as npt

from neuro.experiments.digits_to_verilog.data import Digits
from neuro.experiments.digits_to_verilog.recall import Codes, Naming, Recall
from neuro.report import Paint, ink_png

Ints = npt.NDArray[np.int64]
_COLUMNS = 128


def code_cards(stored: Digits, held_out: Digits, codes: Codes, recall: Recall) -> str:
    """One held-out digit of each kind: its image, its code, and the stored digit that the memory recalls."""
    shown = [int(np.flatnonzero(held_out.labels == label)[0]) for label in np.unique(held_out.labels)]
    found = recall.memory.recall(codes.held_out[shown]).indices
    cards = [
        _card(
            held_out.images[item],
            int(held_out.labels[item]),
            codes.held_out[item],
            codes.stored[match],
            (stored.images[match], int(stored.labels[match])),
            codes.encoder.units,
        )
        for item, match in zip(shown, found[:, 0].tolist(), strict=True)
    ]
    return f'<div class="codes">{"".join(cards)}</div>'


def _card(
    image: npt.NDArray[np.float32],
    label: int,
    code: Ints,
    match_code: Ints,
    match: tuple[npt.NDArray[np.float32], int],
    units: int,
) -> str:
    shared = set(code.tolist()) & set(match_code.tolist())
    dots = "".join(
        f'<circle cx="{unit % _COLUMNS + 0.5}" cy="{unit // _COLUMNS + 0.5}" r=".62" '
        f'fill="{(Paint.SECOND if unit in shared else Paint.FIRST).css}" '
        f'opacity="{1 if unit in shared else 0.55}"/>'
        for unit in code.tolist()
    )
    height = -(-units // _COLUMNS)
    words = f"code of a {label}: {len(code)} of {units} units, {len(shared)} shared with a stored {match[1]}"
    return (
        f'<div class="code">{digit_picture(image, f"a held-out {label}")}'
        f'<svg viewBox="0 0 {_COLUMNS} {height}" role="img" aria-label="{words}">{dots}</svg>'
        f"{digit_picture(match[0], f'the stored {match[1]} that was recalled')}"
        f"<small>a {label}</small><small>{len(shared)} of {len(code)} units shared</small>"
        f"<small>a {match[1]}</small></div>"
    )


def digit_picture(image: npt.NDArray[np.float32], words: str) -> str:
    """A digit as an image element."""
    return f'<img class="digit" src="{ink_png(image)}" alt="{escape(words)}" width="60" height="60">'


def misread(held_out: Digits, naming: Naming, most: int = 12) -> str:
    """The held-out digits that were named wrongly."""
    wrong = np.flatnonzero(naming.labels != held_out.labels)[:most]
    items = [
        f"<li>{digit_picture(held_out.images[item], f'a {held_out.labels[item]}')}"
        f"<span>a <b>{held_out.labels[item]}</b><br>named <b>{naming.labels[item]}</b></span></li>"
        for item in wrong.tolist()
    ]
    return f'<ul class="errors">{"".join(items)}</ul>' if items else "<p>None.</p>"
