"""Circuits with one job each: choose, oscillate, gate by phase, learn patterns in time, remember. One figure of them.

Run it:  python examples/03_motifs.py [FILE]   (the picture; default runs/example_03/motifs.png)
"""

import sys
from pathlib import Path

import numpy as np

from neuro import Brian2Reference, motifs, simulate
from neuro.plots import figure_of, new_axes, plot_spikes


def main(file: Path, seconds: float = 60.0) -> None:
    figure = figure_of(new_axes(11, 9))
    figure.clear()
    panels = iter(figure.subplots(3, 3).ravel())

    def draw(title: str, run: object, **shown: object) -> None:
        plot_spikes(run, axes=next(panels), **shown).set_title(title, fontsize=9)

    # Who is largest? Hard: one spike a frame. Soft: the others are pushed down.
    drive = np.random.default_rng(0).permutation(np.linspace(23e-3, 30e-3, 20))
    wta = motifs.winner_take_all([drive, drive[::-1]], k=3)
    draw("winner-take-all, k = 3", simulate(wta, 100))
    print(f"Brian2: {simulate(wta, 100, on=Brian2Reference()).mismatches(simulate(wta, 100))} mismatches")
    draw("soft winner-take-all", simulate(motifs.soft_winner_take_all(drive), 1000), populations=["units"])

    # Excitation and inhibition take turns, 40 times a second; a gate lets one phase of 40 Hz pass.
    cells = ["excitatory", "inhibitory"]
    draw("PING gamma", simulate(motifs.ping(0.3, seed=1), 3000), populations=cells)
    arrivals = np.round(np.arange(1, 40) * 25.5e-3, 4)
    draw("phase gate: 4 phases of 40 Hz", simulate(motifs.phase_gate(arrivals, np.arange(4) / 4, 1.0), 10_000))
    tuned = np.arange(25.0, 60.0, 2.5)
    draw("resonators, pulses at 40 Hz", simulate(motifs.resonator_bank(tuned, np.arange(0, 0.3, 0.025)), 3000))

    # A tempotron learns which of 100 random patterns to answer; only the times differ.
    patterns, wanted = motifs.latency_patterns(100, 100, seed=0), np.arange(100) % 2 == 0
    run = simulate(motifs.tempotron(patterns, motifs.train_tempotron(patterns, wanted).weights), 50_000)
    answered = np.isin(np.arange(100), run.spikes["tempotron"].ticks // 500)
    print(f"tempotron: {np.mean(answered == wanted):.0%} of 100 patterns right")
    draw("tempotron: patterns 0 to 5", run, stop=3000)

    # STDP finds a pattern that comes back in noise; nobody said when.
    given = motifs.embedded_pattern(seconds, seed=2)
    run = simulate(motifs.pattern_finder(given.source), given.ticks)
    axes = plot_spikes(run, ["finder"], start=given.ticks - 1000, axes=next(panels))
    for onset in given.onsets[given.onsets >= given.ticks - 1000]:
        axes.axvspan(onset, onset + given.length, alpha=0.3)
    axes.set_title("STDP pattern finder: the pattern is shaded", fontsize=9)

    # STDP chooses delays; LIF neurons complete a pattern of which 30 % was wrong.
    offsets = np.random.default_rng(0).integers(0, 20, 40) * 1e-3
    run = simulate(motifs.delay_selection(motifs.offset_train(np.tile(offsets, (300, 1)), noise=15.0)), 30_000)
    kept = run.final["inputs_detector", "w"].reshape(40, 20)[np.argsort(offsets)]
    next(panels).imshow(kept, aspect="auto").axes.set(xlabel="delay - 1 (ms)", ylabel="input, by its offset")
    stored = np.sign(np.random.default_rng(1).normal(size=(10, 200)))
    cue = stored[:1] * np.where(np.arange(200) < 60, -1, 1)
    run = simulate(motifs.hopfield(motifs.hopfield_weights(stored), cue), 500)
    overlap = np.mean(motifs.hopfield_states(run, 1) * stored[0])
    draw(f"Hopfield: overlap 0.4 becomes {overlap:.2f}", run)

    figure.tight_layout()
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=120)
    print(f"wrote {file}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/example_03/motifs.png"))
