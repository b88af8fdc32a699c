"""Bench ``resonance``: layers of resonators, phasor memories and their spikes; needs the extra ``train``.

``resonance-training`` holds the rows that train, minutes each.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks.form import Bench, Measured, checked
from benchmarks.resonance import vsa
from neuro.progress import Stages

_STEPS, _UNITS = 262_144, 64
_SHORT = 8192
_REPEATS = 3
_UPDATES = 30
_ROUNDING = 1e-3
_CODEBOOK = 1000
_NANO = 1e9
_MEGABYTE = 1e6


class Lab:
    """Where the rows report to; torch runs on one thread."""

    def __init__(self, stages: Stages) -> None:
        import torch

        torch.set_num_threads(1)
        self.stages = stages


def _layer(*, double: bool = False, longest: float = 512.0) -> Any:
    import torch

    from neuro.resonance import ResonantLayer

    torch.manual_seed(0)
    layer = ResonantLayer(_UNITS, tau=(4.0, longest))
    return layer.double() if double else layer


def _drive(steps: int, layer: Any) -> Any:
    import torch

    generator = torch.Generator().manual_seed(1)
    white = torch.randn((steps, 1, _UNITS), dtype=layer.theta.dtype, generator=generator)
    return white * layer.gain().detach()


def fft_against_step(lab: Lab) -> Measured:
    """Largest difference of Re z between the convolution and single steps, in float64."""
    del lab
    import torch

    from neuro.resonance import Fft, ResonatorStep

    layer = _layer(double=True)
    drive = _drive(4096, layer)
    with torch.no_grad():
        one, two = layer(drive, None, Fft()), layer(drive, None, ResonatorStep())
    wrong = int((one.spikes != two.spikes).sum())
    fired = int(two.spikes.sum())
    equal = checked(wrong == 0 and fired > 0, f"all {fired:,} spikes of 4,096 x 64 are the same")
    return Measured(float((one.x - two.x).abs().max()), "", equal, note="float64, chunks of 1,024")


def fft_in_float32(lab: Lab) -> Measured:
    """How far from the threshold spikes of the convolution and of single steps differ, in float32."""
    del lab
    import torch

    from neuro.resonance import Fft, ResonatorStep

    layer = _layer()
    farthest, wrong, fired = 0.0, 0, 0
    for seed in range(8):
        drive = _drive(4096, layer).roll(97 * seed, 0) * (1 + 0.1 * seed)
        with torch.no_grad():
            one, two = layer(drive, None, Fft()), layer(drive, None, ResonatorStep())
        differ = one.spikes != two.spikes
        wrong, fired = wrong + int(differ.sum()), fired + int(two.spikes.sum())
        if differ.any():
            farthest = max(farthest, float((two.x - layer.theta).abs()[differ].max()))
    equal = checked(fired > 0, f"{wrong} of {8 * 4096 * _UNITS:,} places differ, {fired:,} spikes")
    return Measured(farthest, "from the threshold", equal, note="8 drives of 4,096 x 64")


def scan_gradients(lab: Lab) -> Measured:
    """Gradients of the scan in float32 against autograd through single steps in float64, relative to the largest."""
    del lab
    import torch

    from neuro.resonance import ResonatorStep, Scan

    found: list[list[Any]] = []
    for double, method in ((False, Scan()), (True, ResonatorStep())):
        layer = _layer(double=double, longest=64.0)
        # The same numbers in both: those of float32.
        drive = _drive(1024, _layer(longest=64.0)).to(layer.theta.dtype).requires_grad_()
        run = layer(drive, None, method)
        weights = torch.randn(run.spikes.shape, generator=torch.Generator().manual_seed(2)).to(drive.dtype)
        ((run.spikes * weights).sum() + (run.x * weights).sum()).backward()
        found.append([run.spikes, drive.grad, *(value.grad for value in layer.parameters())])
    wrong = int((found[0][0] != found[1][0]).sum())
    equal = checked(wrong == 0, "both precisions spike alike")
    pairs = zip(found[0][1:], found[1][1:], strict=True)
    errors = {
        name: [float((one.double() - two).abs().max() / two.abs().max())]
        for name, (one, two) in zip(("drive", "shift", "log_rate", "theta"), pairs, strict=True)
    }
    return Measured(max(value[0] for value in errors.values()), "", equal, errors, note="1,024 x 64")


def _cpu_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def scan_against_fft(lab: Lab) -> Measured:
    """The scan against one convolution of the whole sequence, 262,144 x 64 forward."""
    del lab
    import torch

    from neuro.resonance import Fft

    layer = _layer()
    drive = _drive(_STEPS, layer)
    runs: dict[str, Callable[[], Any]] = {
        "scan": lambda: layer(drive),
        "full fft": lambda: layer(drive, None, Fft(_STEPS)),
    }
    with torch.no_grad():
        one, two = (run() for run in runs.values())
        differ = int((one.spikes != two.spikes).sum())
        gap = float((one.x - two.x).abs().max())
        equal = checked(
            gap < 1e-3, f"Re z within {gap:.1e}, {differ} of {one.spikes.numel():,} places spike differently"
        )
        samples: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(_REPEATS):
            for name, run in runs.items():
                samples[name].append(_cpu_seconds(run))
    middle = {name: statistics.median(values) for name, values in samples.items()}
    note = f"scan {middle['scan'] / _STEPS / _UNITS * _NANO:.1f} ns an oscillator and step; CPU seconds, one thread"
    return Measured(
        middle["full fft"] / middle["scan"], "x as fast", equal, samples, "full fft, s", middle["full fft"], note
    )


def scan_growth(lab: Lab) -> Measured:
    """Time of a step in 262,144 against that in 8,192."""
    del lab
    import torch

    layer = _layer()
    drive = _drive(_STEPS, layer)
    samples: dict[str, list[float]] = {"8,192": [], "262,144": []}
    parts = {"8,192": drive.split(_SHORT), "262,144": (drive,)}
    with torch.no_grad():
        layer(drive)
        for _ in range(2 * _REPEATS + 1):
            for name, pieces in parts.items():
                # The same work on both sides: the short one as often as it fits into the long one.
                start = time.process_time()
                for piece in pieces:
                    layer(piece)
                samples[name].append((time.process_time() - start) / _STEPS * _NANO)
    value = statistics.median(samples["262,144"]) / statistics.median(samples["8,192"])
    return Measured(value, "x", "64 oscillators in both", samples, note="CPU ns a step")


def one_pass(lab: Lab) -> Measured:
    """An update's forward and backward of the digits' classifier in one pass, against layer by layer."""
    del lab
    import torch

    from benchmarks.resonance.tasks import SEQUENTIAL
    from benchmarks.timing import ratio
    from neuro.resonance import ResonanceClassifier

    torch.manual_seed(0)
    model = ResonanceClassifier(SEQUENTIAL.config, 10)
    x = torch.rand((64, SEQUENTIAL.batch, 1), generator=torch.Generator().manual_seed(1))
    weights = torch.randn((SEQUENTIAL.batch, 10), generator=torch.Generator().manual_seed(2))

    def update(run: Callable[[Any], tuple[Any, Any]]) -> tuple[Any, list[Any]]:
        model.zero_grad()
        logits, fired = run(x)
        ((logits * weights).sum() + fired.mean()).backward()
        return logits.detach(), [value.grad.clone() for value in model.parameters() if value.grad is not None]

    (one, ours), (two, others) = update(model.with_rates), update(model.with_spikes)
    pairs = [(one, two), *zip(ours, others, strict=True)]
    gap = max(float((a - b).abs().max() / b.abs().max()) for a, b in pairs)
    equal = checked(gap < _ROUNDING, f"logits and gradients within {gap:.0e} of the largest")
    samples: dict[str, list[float]] = {"one pass": [], "layer by layer": []}
    for _ in range(_UPDATES):
        for name, run in (("one pass", model.with_rates), ("layer by layer", model.with_spikes)):
            samples[name].append(_cpu_seconds(partial(update, run)))
    note = "64 steps, batch 128, 2 layers of 29; CPU seconds, one thread"
    middle = statistics.median(samples["layer by layer"])
    return Measured(
        ratio(samples, "layer by layer", "one pass"), "x as fast", equal, samples, "layer by layer, s", middle, note
    )


def streaming_state(lab: Lab) -> Measured:
    """What a model of 64 oscillators in 4 layers carries along a stream of 262,144 steps; how the process grows."""
    del lab
    import torch

    from neuro.resonance import LongContextResonanceNet, ResonanceConfig

    torch.manual_seed(0)
    model = LongContextResonanceNet(ResonanceConfig(1, _UNITS, 4, tau=(4.0, 8192.0)), 10, part=4096)
    generator = torch.Generator().manual_seed(1)
    carried: Any = None
    resident: list[float] = []
    with torch.no_grad():
        for _ in range(_STEPS // 4096):
            _, carried = model.read(torch.randn((4096, 1, 1), generator=generator), carried)
            resident.append(_resident())
    held = [*carried.filtered.state, carried.filtered.count, *(value for state in carried.states for value in state)]
    size = sum(value.numel() * value.element_size() for value in held)
    grown = max(resident[8:]) - max(resident[:8])
    equal = checked(bool(torch.isfinite(carried.filtered.state.x).all()), "the state is finite after 262,144 steps")
    note = f"the process grew by {grown:.1f} MB from part 8 to part 64"
    return Measured(size / _MEGABYTE, "MB", equal, {"resident, MB": resident}, note=note)


def _resident() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MEGABYTE


def gradient_norm(lab: Lab) -> Measured:
    """Longest over shortest gradient of a loss at the end of 1,024 to 262,144 steps."""
    import torch
    from torch.nn import functional

    from neuro.resonance import LongContextResonanceNet, ResonanceConfig

    samples: dict[str, list[float]] = {}
    longest = float(_STEPS)
    config = ResonanceConfig(1, 32, 2, tau=(4.0, longest), readout=(0.0, 0.1), readout_tau=longest)
    lengths = (1024, 8192, 65_536, _STEPS)
    with lab.stages.stage("Gradients of long sequences", len(lengths)) as advance:
        for done, steps in enumerate(lengths):
            torch.manual_seed(0)
            model = LongContextResonanceNet(config, 10)
            x = torch.randn((steps, 1, 1), generator=torch.Generator().manual_seed(1)).requires_grad_()
            functional.cross_entropy(model(x), torch.tensor([3])).backward()
            parts = [value.grad for value in model.parameters() if value.grad is not None]
            norm = float(torch.sqrt(sum((part.double() ** 2).sum() for part in parts)))
            first = float(x.grad[:64].double().norm())
            samples[f"{steps:,}"] = [norm, first]
            advance(done + 1)
    norms = [values[0] for values in samples.values()]
    equal = checked(all(np.isfinite(norms)) and min(norms) > 0, "all gradients are finite and none is 0")
    note = "samples: of all parameters, and of the first 64 inputs (which count 1 in T)"
    return Measured(max(norms) / min(norms), "x", equal, samples, note=note)


Table = dict[tuple[int, int], tuple[float, float]]


def recall_table(lab: Lab, trials: Mapping[tuple[int, int], int]) -> Table:
    """(dim, pairs) -> (share recalled after 262,144 steps, theory), each over so many trials."""
    from neuro.memories.vsa import raw_sum, recall_accuracy

    found = {}
    for (dim, count), times in trials.items():
        with lab.stages.stage(f"{count} pairs in {dim} resonators over {_STEPS:,} steps", times) as advance:
            right = []
            for trial in range(times):
                right.append(_recalled(dim, count, trial))
                advance(trial + 1)
        found[dim, count] = (float(np.mean(right)), recall_accuracy(raw_sum(count), dim, _CODEBOOK))
    return found


def _recalled(dim: int, pairs: int, seed: int) -> float:
    from neuro.memories.vsa import FHRR
    from neuro.resonance import PhasorStream

    algebra, random, stream = FHRR(dim), np.random.default_rng(seed), PhasorStream(dim, seed=seed)
    keys, rows = algebra.random(pairs, seed=2 * seed), algebra.random(_CODEBOOK, seed=2 * seed + 1)
    stored = random.integers(0, _CODEBOOK, pairs)
    when = np.sort(random.permutation(_STEPS)[:pairs])
    part = min(_STEPS, 1 << 20 >> int(np.log2(dim)))
    for start in range(0, _STEPS, part):
        own = np.flatnonzero((when >= start) & (when < start + part))
        if own.size:
            stream.listen(part, when[own] - start, keys[own], rows[stored[own]])
        else:
            stream.listen(part)
    return float(np.mean(stream.recall(keys, rows) == stored))


def recall_against_theory(lab: Lab) -> Measured:
    """Farthest from theory, points: pairs scattered over 262,144 steps, asked for at the end."""
    found = recall_table(lab, {(512, 50): 60, (512, 250): 16, (4096, 50): 1})
    samples = {f"D {dim}, K {count}": [100 * value, 100 * theory] for (dim, count), (value, theory) in found.items()}
    gaps = [abs(value - theory) for value, theory in samples.values()]
    return Measured(max(gaps), "points", "a codebook of 1,000", samples, note="samples: measured, theory")


def recall_at_250(lab: Lab) -> Measured:
    """Share of 250 pairs recalled after 262,144 steps with 4,096 resonators."""
    (value, theory), *_ = recall_table(lab, {(4096, 250): 2}).values()
    return Measured(value, "", "a codebook of 1,000", {"measured": [value]}, "theory", theory, "2 streams")


RESONANCE = Bench(
    "resonance",
    Lab,
    MappingProxyType(
        {
            "fft-against-step": fft_against_step,
            "fft-float32-mismatches": fft_in_float32,
            "scan-gradients": scan_gradients,
            "scan-against-full-fft": scan_against_fft,
            "scan-growth": scan_growth,
            "one-pass": one_pass,
            "streaming-state": streaming_state,
            "gradient-norm": gradient_norm,
            "associative-recall-against-theory": recall_against_theory,
            "associative-recall-250": recall_at_250,
            "fhrr-capacity": vsa.fhrr_capacity,
            "tpam-recall": vsa.tpam_recall,
            "tpam-spikes": vsa.tpam_spikes,
            "resonator-network": vsa.resonator_network,
        }
    ),
    (0,),
)


def _trains(name: str) -> Callable[[Lab], Measured]:
    """A row of :mod:`benchmarks.resonance.training`, which imports torch and so is imported when it runs."""

    def measure(lab: Lab) -> Measured:
        from benchmarks.resonance import training

        row: Callable[[Lab], Measured] = getattr(training, name)
        return row(lab)

    return measure


RESONANCE_TRAINING = Bench(
    "resonance-training",
    Lab,
    MappingProxyType(
        {
            "sequential-digits": _trains("sequential_digits"),
            "sequential-digits-firing-rate": _trains("sequential_rate"),
            "permuted-digits": _trains("permuted_digits"),
            "sequential-mnist": _trains("sequential_mnist"),
            "language-model": _trains("language_model"),
            "parameters-against-transformer": _trains("against_transformer"),
        }
    ),
    (0, 1, 2),
)
