"""A digits classifier trained by snnTorch: NIR, circuit, fixed point, Verilog; accuracy and equality at each step."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from benchmarks.form import Measured, Row, checked
from benchmarks.training.lab import SEED
from neuro.interop import from_nir
from neuro.motifs import layer_spikes
from neuro.simulators import Brian2Reference, FixedPoint, simulate
from neuro.simulators.brian2.lowered import run_program_in_brian2
from neuro.simulators.compiled.simulator import run_program
from neuro.spikes import Recording
from neuro.training import LIFClassifier, bernoulli_spikes
from rtl_export import SimulatorResult, export, verify
from spikeloom.demo.silicon import installed_simulators
from spikeloom.demo.targets import probed

STEPS, HIDDEN, TRAINED, SHOWN, SILICON = 16, 32, 1400, 397, 40
_EPOCHS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """Every station of the classifier.

    Args:
        classifier: read from the NIR file.
        spikes, labels: of the held-out digits.
        torch: what snnTorch fires, one array (items, steps, neurons) a layer.
        floats: the compiled run of all held-out digits.
        mismatches: layer spikes of snnTorch and the compiled run that differ.
        brian2_mismatches: between Brian2's own text and the compiled run.
        integers: the fixed-point run of the first ``SILICON`` digits.
        quantised_mismatches: between Brian2 on the quantised program and the fixed-point run.
        all_integers: the fixed-point run of all held-out digits.
        verdicts: of the Verilog simulators.
    """

    classifier: LIFClassifier
    spikes: np.ndarray
    labels: np.ndarray
    torch: tuple[np.ndarray, ...]
    floats: Recording
    mismatches: int
    brian2_mismatches: int
    integers: Recording
    quantised_mismatches: int
    all_integers: Recording
    verdicts: tuple[SimulatorResult, ...]

    def accuracy(self, recording: Recording) -> float:
        """The share of the digits of a run that it names rightly."""
        named = self.classifier.named(recording, STEPS)
        return float(np.mean(named == self.labels[: named.size]))


@lru_cache(maxsize=1)
def chain() -> Chain:
    """Train, export, read, run; once."""
    digits, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(SEED).permutation(len(digits))
    spikes, labels = bernoulli_spikes(digits[order] / 16.0, STEPS, SEED), labels[order]
    held, truth = spikes[TRAINED : TRAINED + SHOWN], labels[TRAINED : TRAINED + SHOWN]
    with tempfile.TemporaryDirectory(prefix="spikeloom_bench_") as scratch:
        fired = _snntorch(spikes[:TRAINED], labels[:TRAINED], held, Path(scratch) / "digits.nir")
        classifier = LIFClassifier(from_nir(Path(scratch) / "digits.nir"))
        circuit, ticks = classifier.circuit(held), classifier.ticks(SHOWN, STEPS)
        floats = simulate(circuit, ticks)
        mine = [layer_spikes(floats, classifier.layers, STEPS, number) for number in (1, 2)]
        mismatches = sum(int(np.sum(left != right)) for left, right in zip(mine, fired, strict=True))
        program = FixedPoint().quantise(circuit, ticks).program
        all_integers = run_program(program, ticks)
        few, few_ticks = classifier.circuit(held[:SILICON]), classifier.ticks(SILICON, STEPS)
        native = simulate(few, few_ticks, on=Brian2Reference()).mismatches(simulate(few, few_ticks))
        small = FixedPoint().quantise(probed(few), few_ticks).program
        integers = run_program(small, few_ticks)
        oracle = run_program_in_brian2(small, few_ticks)
        differing = oracle.mismatches(integers) + sum(
            int(np.count_nonzero(values != oracle.probes[key])) for key, values in integers.probes.items()
        )
        core = Path(scratch) / "core"
        export(small, core, ticks=few_ticks, golden=integers, name="digits_classifier")
        verdicts = verify(core, simulators=installed_simulators())
    return Chain(
        classifier, held, truth, tuple(fired), floats, mismatches, native, integers, differing, all_integers, verdicts
    )


def _snntorch(spikes: np.ndarray, labels: np.ndarray, held: np.ndarray, path: Path) -> list[np.ndarray]:
    """Train a network of snnTorch, write it as NIR, and give what it fires for held-out digits."""
    import nir
    import snntorch
    import torch
    from snntorch.export_nir import export_to_nir

    torch.manual_seed(SEED)
    sizes = (spikes.shape[2], HIDDEN, 10)
    linear = [torch.nn.Linear(left, right, bias=False) for left, right in pairwise(sizes)]
    fire = [
        snntorch.Leaky(torch.full((size,), 0.875), torch.ones(size), reset_mechanism="zero", reset_delay=False)
        for size in sizes[1:]
    ]

    def run(shown: torch.Tensor) -> list[torch.Tensor]:
        state = [neuron.reset_mem() for neuron in fire]
        fired: list[list[torch.Tensor]] = [[], []]
        for step in range(STEPS):
            now = shown[:, step]
            for place, (weights, neuron) in enumerate(zip(linear, fire, strict=True)):
                now, state[place] = neuron(weights(now), state[place])
                fired[place].append(now)
        return [torch.stack(steps, dim=1) for steps in fired]

    inputs, targets = torch.tensor(spikes, dtype=torch.float32), torch.tensor(labels)
    optimiser = torch.optim.Adam([layer.weight for layer in linear], lr=5e-3)
    for _ in range(_EPOCHS):
        for rows in torch.split(torch.randperm(len(inputs)), 64):
            loss = torch.nn.functional.cross_entropy(run(inputs[rows])[-1].sum(dim=1), targets[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    with torch.no_grad():
        for layer in linear:
            layer.weight.copy_(torch.round(layer.weight * 256) / 256)
        fired = [layer.numpy() > 0 for layer in run(torch.tensor(held, dtype=torch.float32))]
    for neuron in fire:
        neuron.init_hidden = True
    net = torch.nn.Sequential(linear[0], fire[0], linear[1], fire[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # snnTorch calls nirtorch by an old name
        nir.write(path, export_to_nir(net, torch.zeros(1, sizes[0]), ignore_dims=[0]))
    return fired


def snntorch_accuracy(_: object) -> Measured:
    """The trained network in snnTorch."""
    found = chain()
    named = found.torch[-1].sum(axis=1).argmax(axis=1)
    equal = checked(len(named) == SHOWN, f"{SHOWN} held-out digits, {STEPS} steps each")
    return Measured(
        float(np.mean(named == found.labels)), "", equal, note=f"64-{HIDDEN}-10, trained on {TRAINED:,} digits"
    )


def accuracy_of(pick: Callable[[Chain], Recording], peer: str, against: Callable[[Chain], float]) -> Row:
    """The accuracy of a run beside that of the station before."""

    def measure(_: object) -> Measured:
        found = chain()
        recording = pick(found)
        spikes = sum(len(recording.spikes[name]) for name in ("layer1", "layer2"))
        equal = checked(spikes > 0, f"{spikes:,} spikes")
        return Measured(found.accuracy(recording), "", equal, peer=peer, peer_value=against(found))

    return measure


def fixed_against_float(_: object) -> Measured:
    """How far the integers' accuracy lies from the floats', in points."""
    found = chain()
    floats, fixed = found.accuracy(found.floats), found.accuracy(found.all_integers)
    equal = checked(found.quantised_mismatches == 0, "Brian2 on the quantised program gives the same integers")
    return Measured(100 * abs(fixed - floats), "points", equal, peer="float accuracy", peer_value=floats)


def differing(pick: Callable[[Chain], int], what: str) -> Row:
    """Spikes or states in which two stations differ."""

    def measure(_: object) -> Measured:
        found = chain()
        spikes = sum(int(layer.sum()) for layer in found.torch)
        return Measured(pick(found), "", checked(spikes > 0, f"snnTorch fires {spikes:,} spikes"), note=what)

    return measure


def rtl_mismatches(_: object) -> Measured:
    """Words of the Verilog's registers that differ from the integers, over all simulators."""
    found = chain()
    names = " and ".join(str(verdict.simulator) for verdict in found.verdicts)
    equal = checked(bool(found.verdicts), f"simulated by {names}")
    wrong = sum(verdict.mismatches for verdict in found.verdicts)
    compared = sum(verdict.states for verdict in found.verdicts)
    note = f"{SILICON} digits; the Verilog names {found.accuracy(found.integers):.3f} of them rightly"
    return Measured(wrong, "", equal, peer="registers compared", peer_value=compared, note=note)


DIGITS_ROWS: dict[str, Row] = {
    "digits-snntorch-accuracy": snntorch_accuracy,
    "digits-circuit-accuracy": accuracy_of(
        lambda found: found.floats,
        "snnTorch",
        lambda found: float(np.mean(found.torch[-1].sum(axis=1).argmax(axis=1) == found.labels)),
    ),
    "digits-nir-mismatches": differing(
        lambda found: found.mismatches, "snnTorch and the compiled circuit, both layers"
    ),
    "digits-brian2-mismatches": differing(
        lambda found: found.brian2_mismatches, f"Brian2 on the circuit's own text, {SILICON} digits"
    ),
    "digits-fixed-accuracy": accuracy_of(
        lambda found: found.all_integers, "floats", lambda found: found.accuracy(found.floats)
    ),
    "digits-fixed-against-float": fixed_against_float,
    "digits-quantised-mismatches": differing(
        lambda found: found.quantised_mismatches, f"Brian2 on the quantised program, {SILICON} digits, every state"
    ),
    "digits-rtl-accuracy": accuracy_of(
        lambda found: found.integers, "floats, all digits", lambda found: found.accuracy(found.floats)
    ),
    "digits-rtl-mismatches": rtl_mismatches,
}
