"""Rows of bench ``search`` on texts: hypernyms, learning from use."""

from __future__ import annotations

import numpy as np

from benchmarks.form import Measured, checked
from benchmarks.search.lab import SEEDS, SearchLab
from hnsw_bridge import (
    CO_ACTIVATION,
    EdgeStdp,
    Fusion,
    Metric,
    Spreading,
    associate,
    build_index,
    build_search,
    no_edges,
)

_SPREADING = Spreading(links=False, ticks=4, max_winners=64)
_ALONE = Fusion(words=0, spikes=0, mentions=0)


def _hypernyms(lab: SearchLab) -> tuple[float, float, float]:
    """hit@5 of the grandparent by spikes and by cosine, and gloss -> entry R@1; 2,000 cues a seed."""
    nouns = lab.nouns
    parents = nouns["parents"]
    rule = EdgeStdp(rise=4.0, fall=0.25, keep=1.0, highest=4.0)
    pairs = [(child, parent) for child, own in enumerate(parents) for parent in own if parent != child]
    index = build_index(nouns["entry"], metric=Metric.COSINE, threads=2)
    layer = no_edges(index.nodes, rule).update(pairs).layer("hypernyms")
    search = build_search(index, Spreading(links=False, ticks=4, max_winners=64), layers=[layer])
    grand = [{g for parent in own for g in parents[parent]} - {child} for child, own in enumerate(parents)]
    able = np.array([child for child, far in enumerate(grand) if far])
    entry = (nouns["entry"] / np.linalg.norm(nouns["entry"], axis=1, keepdims=True)).astype(np.float32)
    spiked, plain, first = [], [], []
    for seed in SEEDS:
        for child in np.random.default_rng(seed).choice(able, 700, replace=False).tolist():
            cue = nouns["gloss"][child]
            order = np.argpartition(-(entry @ cue), 6)[:7]
            order = order[np.argsort(-(entry[order] @ cue))]
            first.append(order[0] == child)
            plain.append(bool(grand[child] & set(order[order != child][:5].tolist())))
            fusion = Fusion(similarity=0.0, words=0, mentions=0, spikes=1.0)
            (node,) = index.nearest(index.checked(cue[None]), 1)[0][0].tolist()
            found = lab.spread_from(search, node, fusion, 5, without=child)
            spiked.append(bool(grand[child] & set(found.tolist())))
    return float(np.mean(spiked)), float(np.mean(plain)), float(np.mean(first))


def hypernyms_against_cosine(lab: SearchLab) -> Measured:
    """hit@5 of the grandparent in units of cosine's."""
    spiked, plain, _ = lab.keep("hypernyms", lambda: _hypernyms(lab))
    equal = checked(plain > 0, "both sides are asked for the same cues and leave the cue's own entry out")
    note = f"edges learned from one-hop pairs only; hit@5 {spiked:.3f}"
    return Measured(spiked / plain, "x", equal, peer="cosine hit@5", peer_value=plain, note=note)


def hypernyms_against_entry(lab: SearchLab) -> Measured:
    """hit@5 of the grandparent in units of gloss -> entry R@1."""
    spiked, _, first = lab.keep("hypernyms", lambda: _hypernyms(lab))
    equal = checked(first > 0.5, "the cue finds its own entry")
    return Measured(spiked / first, "x", equal, peer="gloss -> entry R@1", peer_value=first, note=f"hit@5 {spiked:.3f}")


def _use(lab: SearchLab) -> tuple[float, float, list[float]]:
    """Gain of partners and fall of unrelated items, in points, at recall@10."""
    nouns, partners, unrelated = lab.nouns, [], []
    for seed in SEEDS:
        generator = np.random.default_rng(seed)
        chosen = generator.permutation(len(nouns["entry"]))[:5000]
        index = build_index(nouns["entry"][chosen], metric=Metric.COSINE)
        sessions = generator.permutation(5000)[:2000].reshape(500, 4)
        learned = no_edges(5000, CO_ACTIVATION).update([*sessions.tolist()])
        before, after = build_search(index, _SPREADING), build_search(index, _SPREADING, layers=[learned.layer()])
        others = np.setdiff1d(np.arange(5000), sessions)[:500]
        fusion = Fusion(words=0, mentions=0, spikes=0.6)
        for search, sign in ((before, -1.0), (after, 1.0)):
            used = fusion if sign > 0 else _ALONE
            own = [associate(search, nouns["gloss"][chosen[s[0]]], 10, seeds=1, fusion=used).labels for s in sessions]
            hits = [np.isin(session[1:], found).mean() for session, found in zip(sessions, own, strict=True)]
            far = [i in associate(search, nouns["gloss"][chosen[i]], 10, seeds=1, fusion=used).labels for i in others]
            partners.append(sign * 100 * float(np.mean(hits)))
            unrelated.append(sign * 100 * float(np.mean(far)))
    return sum(partners) / len(SEEDS), sum(unrelated) / len(SEEDS), partners


def use_raises_partners(lab: SearchLab) -> Measured:
    """Recall of session partners after 500 sessions, minus before, in points."""
    gain, _, samples = lab.keep("use", lambda: _use(lab))
    equal = checked(len(samples) == 2 * len(SEEDS), "the same sessions are replayed before and after")
    return Measured(gain, "points", equal, {"recall, before is negative": samples}, note="recall@10, 500 sessions of 4")


def use_spares_others(lab: SearchLab) -> Measured:
    """Recall of items that no session used after 500 sessions, minus before, in points."""
    _, change, _ = lab.keep("use", lambda: _use(lab))
    return Measured(change, "points", checked(True, "items outside all sessions are asked for"), note="recall@10")
