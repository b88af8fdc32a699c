"""Vectors into spikes and back in nine codes: what each keeps, what it costs, what it looks like.

Run it:  python examples/02_spike_codes.py [FOLDER] [FILE.npz KEY]   (embeddings of your own; default random vectors)
"""

import sys
from pathlib import Path

import numpy as np

from neuro.analysis.plots import figure_of, new_axes, plot_spikes
from neuro.encoders import (
    BurstEncoder,
    DeltaEncoder,
    GaussianFieldsEncoder,
    LatencyEncoder,
    PhaseEncoder,
    PoissonEncoder,
    RankOrderEncoder,
    RegularRateEncoder,
    compare,
    comparison_table,
)
from spikeloom import KWTAEncoder, Recording, Spikes

FITTED = (PoissonEncoder, RegularRateEncoder, LatencyEncoder, RankOrderEncoder, PhaseEncoder, BurstEncoder)


def main(folder: Path, vectors: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)

    # Each encoder takes the range of its values from the data; the table measures round trip, cost and similarity.
    encoders = [kind.fit(vectors) for kind in (*FITTED, GaussianFieldsEncoder, DeltaEncoder)]
    encoders.append(KWTAEncoder.centred_on(vectors))
    print(f"{vectors.shape[0]} vectors of {vectors.shape[1]} dimensions")
    print(comparison_table(compare(encoders, vectors)))

    # The first vector in every code, as the spike source that a circuit would take.
    figure = figure_of(new_axes(14, 11))
    figure.clear()
    for axes, encoder in zip(figure.subplots(3, 3).flat, encoders, strict=True):
        source = encoder.stimulus(vectors[0], "neurons")
        spikes = Spikes(source.ticks, source.indices, source.size)
        plot_spikes(Recording(1e-3, encoder.ticks, {"neurons": spikes}), axes=axes, s=3)
        axes.set_title(f"{type(encoder).__name__}, {len(spikes):,} spikes")
    figure.savefig(folder / "spike_codes.png", dpi=100)
    print(f"drew {folder / 'spike_codes.png'}")


if __name__ == "__main__":
    where, *source = sys.argv[1:] or ["runs/example_02"]
    given = np.random.default_rng(0).standard_normal((500, 384))
    if source:
        given = np.load(source[0])[source[1]][:500].astype(np.float32)
    main(Path(where), given / np.linalg.norm(given, axis=1, keepdims=True))
