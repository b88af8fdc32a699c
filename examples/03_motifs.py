"""Circuits with one job each: choose, oscillate, gate by phase, learn patterns in time, remember. One figure of them.

Run it:  python examples/03_motifs.py [FILE]   (the picture; default runs/example_03/motifs.png)
"""

import sys
from pathlib import Path

import numpy as np

from neuro import motifs
from neuro.analysis.plots import figure_of, new_axes, plot_spikes
from spikeloom import Brian2Reference, simulate


def main(file: Path, seconds: float = 60.0) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    figure = figure_of(new_axes(11, 9))
    figure.clear()
    panels = iter(figure.subplots(3, 3).flat)

    # Who is largest? Hard: the first three of a frame. Soft: the others are pushed down.
    drive = np.random.default_rng(0).permutation(np.linspace(23e-3, 30e-3, 20))
    circuit = motifs.winner_take_all([drive, drive[::-1]], k=3)
    run = simulate(circuit, 100)
    print(f"Brian2: {simulate(circuit, 100, on=Brian2Reference()).mismatches(run)} mismatches")
    plot_spikes(run, axes=next(panels)).set_title("winner-take-all, k = 3")
    plot_spikes(simulate(motifs.soft_winner_take_all(drive), 1000), axes=next(panels)).set_title("soft winner-take-all")

    # Excitation and inhibition take turns 40 times a second; a gate lets one phase of 40 Hz pass; resonators.
    plot_spikes(simulate(motifs.ping(0.3, seed=1), 3000), ["excitatory", "inhibitory"], axes=next(panels))
    run = simulate(motifs.phase_gate(np.round(np.arange(1, 40) * 25.5e-3, 4), np.arange(4) / 4, 1.0), 10_000)
    plot_spikes(run, axes=next(panels)).set_title("phase gate: four phases of 40 Hz")
    run = simulate(motifs.resonator_bank(np.arange(25.0, 60.0, 2.5), np.arange(0, 0.3, 0.025)), 3000)
    plot_spikes(run, axes=next(panels)).set_title("25 to 57.5 Hz hear 40 Hz")
    # A tempotron answers half of 100 patterns that differ in time only; STDP finds one that comes back in noise.
    patterns, wanted = motifs.latency_patterns(100, 100, seed=0), np.arange(100) % 2 == 0
    run = simulate(motifs.tempotron(patterns, motifs.train_tempotron(patterns, wanted).weights), 50_000)
    answered = np.isin(np.arange(100), run.spikes["tempotron"].ticks // 500)
    axes = next(panels)
    axes.plot(run.probes["tempotron", "v"][:3000])
    axes.set(title=f"tempotron: {np.mean(answered == wanted):.0%} right", xlabel="time (ms)", ylabel="v (V)")
    given = motifs.embedded_pattern(seconds, seed=1)
    run, start = simulate(motifs.pattern_finder(given.source), given.ticks), given.ticks - 1000
    axes = plot_spikes(run, ["finder"], start=start, axes=next(panels), s=20)
    axes.bar(given.onsets[given.onsets >= start], 1, given.length, -0.5, align="edge", alpha=0.3)
    # STDP chooses delays (right) for each input (down); LIF neurons complete a pattern of which 30 % was wrong.
    offsets = np.random.default_rng(0).integers(0, 20, 40) * 1e-3
    run = simulate(motifs.delay_selection(motifs.offset_train(np.tile(offsets, (300, 1)), noise=15.0)), 30_000)
    weights = run.final["inputs_detector", "w"].reshape(40, 20)
    next(panels).imshow(weights[np.argsort(offsets)], aspect="auto").axes.set_title("delays kept, early inputs on top")
    stored = np.where(np.random.default_rng(1).random((10, 200)) < 0.5, -1, 1)
    run = simulate(motifs.hopfield(motifs.hopfield_weights(stored), stored[:1] * np.repeat([-1, 1], [60, 140])), 500)
    plot_spikes(run, axes=next(panels)).set_title(f"overlap {motifs.hopfield_states(run, 1)[0] @ stored[0] / 200:.2f}")
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/example_03/motifs.png"))
