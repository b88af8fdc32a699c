"""From real digits to proven Verilog: store digits, name new ones by spikes, prove the hardware equal.

Run it:  python examples/01_digits_to_verilog.py [FOLDER]   (the folder for the Verilog; default runs/example_01)
"""

import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from neuro.memories import LabelReadout, label_from_spikes, recall_circuit, recall_ticks
from spikeloom import Brian2Reference, FixedPoint, HebbianMemory, KWTAEncoder, export, simulate, verify


def main(folder: Path, shown: int = 30) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)

    # 1,797 handwritten digits, 8 x 8 pixels; the last 360 are not stored.
    digits = load_digits()
    images, names = digits.data / 16.0, digits.target
    stored, new = slice(0, -360), slice(-360, -360 + shown)

    # Each image becomes 24 of 256 units: the first to fire. A Hebbian memory binds that code to a pointer.
    encoder = KWTAEncoder.centred_on(images[stored], units=256, active=24, seed=0)
    memory = HebbianMemory(256, pointer_units=256, pointer_active=1, seed=0)
    codes = encoder.encode(images[stored])
    memory.store(codes)
    readout = LabelReadout.learn(memory, codes, names[stored], winners=64, seed=0)

    # The same thing as a spiking circuit: encoder -> pointers -> one label neuron that names the digit.
    circuit = recall_circuit(encoder, memory, readout, images[new])
    ticks = shown * recall_ticks(encoder)
    spikes = simulate(circuit, ticks)
    named = label_from_spikes(spikes, encoder, readout)
    print(f"named {np.mean(named == names[new]):.0%} of {shown} new digits with {spikes.spike_count:,} spikes")

    # Brian2 runs the circuit's own equations: the same spikes, one for one.
    oracle = simulate(circuit, ticks, on=Brian2Reference())
    print(f"Brian2: {oracle.mismatches(spikes)} mismatches in {oracle.spike_count:,} spikes")

    # In integers, and then in Verilog: every register is compared with the integers at every tick.
    quantised = FixedPoint().quantise(circuit, ticks)
    core = export(quantised.program, folder, ticks=ticks)
    print(f"wrote {len(core.sources)} Verilog files to {folder}")
    for result in verify(folder):
        print(f"{result.simulator}: {result.outcome.value}, {result.mismatches} mismatches in {result.states:,} states")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/example_01"))
