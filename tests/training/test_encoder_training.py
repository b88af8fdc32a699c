"""Training of the learned encoder: the rule, its kernel beside the circuit, checkpoints, and what it refuses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from neuro.encoders.competitive_learning import (
    SYNAPSES,
    UNITS,
    WEIGHT_STEP,
    LearningState,
    learn,
    learning_circuit,
    learning_formats,
    learning_ticks,
)
from neuro.errors import InvalidInput
from neuro.simulators import Brian2Reference, Compiled, FixedPoint, simulate
from neuro.training import EncoderState, EncoderTraining, train_encoder

DIGITS = load_digits().data
FAST = EncoderTraining(passes=2, threshold=0.6)


def start(vectors: int = 300, units: int = 24, seed: int = 0, settings: EncoderTraining = FAST) -> EncoderState:
    return EncoderState.start(DIGITS[:vectors], units, settings, seed)


def test_the_kernel_does_what_the_circuit_does_on_brian2_and_compiled() -> None:
    state = start(units=12)
    channels, levels = FAST.channels, state.levels(DIGITS[:60])
    learned, winners, ticks = learn(channels, levels, state.learned, state.rule)
    period = learning_ticks(channels)
    assert len(set(ticks.tolist())) > 3  # winners by threshold, and by the gate
    circuit = state.circuit(DIGITS[:60])
    for on in (None, Brian2Reference()):
        run = simulate(circuit, 60 * period, on)
        assert run.spikes[UNITS].ticks.tolist() == (np.arange(60) * period + ticks).tolist()
        assert run.spikes[UNITS].indices.tolist() == winners.tolist()
        after = state.learned.after(run)
        for name in ("weights", "theta", "gain"):
            np.testing.assert_allclose(getattr(after, name), getattr(learned, name), rtol=0, atol=1e-9)
    assert not np.allclose(learned.weights, state.learned.weights, atol=1e-6)


def test_one_presentation_follows_the_rule() -> None:
    """Winner, weights, threshold and gain of one presentation, from the module's docstring; no kernel, no circuit."""
    state = start(units=6, settings=replace(FAST, threshold=100.0))
    levels = state.levels(DIGITS[:1])
    learned, (winner,), (tick,) = learn(FAST.channels, levels, state.learned, state.rule)
    counts = FAST.channels.counts(levels)[0]
    drive = np.maximum(counts, 0) @ state.learned.weights[0::2] + np.maximum(-counts, 0) @ state.learned.weights[1::2]
    assert (winner, tick) == (np.argmax(drive), FAST.window + 1)
    trace = replace(FAST.channels, window=FAST.window + 1).counts(levels)[0]
    np.testing.assert_allclose(learned.weights[0::2, winner], WEIGHT_STEP * np.maximum(trace, 0))
    np.testing.assert_allclose(learned.weights[1::2, winner], WEIGHT_STEP * np.maximum(-trace, 0))
    others = np.arange(6) != winner
    np.testing.assert_array_equal(learned.weights[:, others], state.learned.weights[:, others])
    rise = FAST.theta_step * state.match
    np.testing.assert_allclose(learned.theta, np.where(others, 0.0, rise) - rise / 6, atol=1e-15)
    np.testing.assert_allclose(learned.gain, np.where(others, 1.0, FAST.gain_first))


def test_the_second_win_moves_a_share_of_the_way() -> None:
    state = start(units=2, settings=replace(FAST, homeostasis=False, threshold=100.0))
    levels = state.levels(DIGITS[:300])[[0, 0]]
    learned, winners, _ = learn(FAST.channels, levels, state.learned, state.rule)
    assert winners[0] == winners[1]
    once, _, _ = learn(FAST.channels, levels[:1], state.learned, state.rule)
    np.testing.assert_allclose(learned.weights, once.weights, atol=1e-15)  # it takes what it has already
    other, _, _ = learn(FAST.channels, state.levels(DIGITS[1:2]), once, state.rule, teacher=winners[:1])
    moved = other.weights[:, winners[0]] - once.weights[:, winners[0]]
    trace = replace(FAST.channels, window=FAST.window + 1).counts(state.levels(DIGITS[1:2]))[0]
    wanted = WEIGHT_STEP * np.stack([np.maximum(trace, 0), np.maximum(-trace, 0)], axis=1).ravel()
    np.testing.assert_allclose(moved, FAST.gain_first * (wanted - once.weights[:, winners[0]]), atol=1e-12)


@pytest.mark.parametrize("teacher", [False, True])
def test_few_synapses_and_a_teacher_are_learned_alike(teacher: bool) -> None:
    state = start(units=10)
    connected = np.random.default_rng(1).random(state.learned.weights.shape) < 0.3
    learned = replace(state.learned, weights=np.where(connected, state.learned.weights, 0.0))
    levels = state.levels(DIGITS[:80])
    forced = np.random.default_rng(2).integers(0, 10, 80) if teacher else None
    options: dict[str, Any] = {"connected": connected, "teacher": forced}
    rule = replace(state.rule, v_threshold=100.0) if teacher else state.rule
    by_kernel, winners, _ = learn(FAST.channels, levels, learned, rule, **options)
    circuit = learning_circuit(FAST.channels, levels, learned, rule, **options)
    run = simulate(circuit, 80 * learning_ticks(FAST.channels))
    assert run.spikes[UNITS].indices.tolist() == winners.tolist()
    np.testing.assert_allclose(learned.after(run, connected).weights, by_kernel.weights, rtol=0, atol=1e-12)
    assert forced is None or winners.tolist() == forced.tolist()


def test_the_sparse_form_goes_on_learning() -> None:
    state = start(units=10)
    levels = state.levels(DIGITS[:300])
    thin = state.advanced(levels, 300).sparse(7)
    assert thin.normalisation.whitening is None
    assert np.count_nonzero(thin.learned.weights, axis=0).tolist() == [7] * 10
    plain = thin.levels(DIGITS[:300])
    later, by_circuit = thin.advanced(plain, 80), thin.advanced(plain, 80, Compiled())
    np.testing.assert_allclose(later.learned.weights, by_circuit.learned.weights, rtol=0, atol=1e-12)
    assert not np.any(later.learned.weights[thin.learned.weights == 0.0])
    assert np.any(later.learned.weights != thin.learned.weights)
    assert later.freeze(DIGITS[:300], 3).synapses == 7


def test_integers_learn_what_floats_learn() -> None:
    state = start(units=8)
    channels = FAST.channels
    ticks = 60 * learning_ticks(channels)
    circuit = state.circuit(DIGITS[:60])
    integers = FixedPoint(formats=learning_formats(channels, state.rule))
    run, quantised = integers.run(circuit, ticks), integers.quantise(circuit, ticks)
    learned, winners, _ = learn(channels, state.levels(DIGITS[:60]), state.learned, state.rule)
    assert np.mean(run.spikes[UNITS].indices == winners) > 0.9
    steps = run.final[SYNAPSES, "w"] * quantised.formats[SYNAPSES, "w"].step
    assert np.corrcoef(steps, learned.weights.ravel())[0, 1] > 0.97


def test_homeostasis_spreads_the_work_and_learning_helps() -> None:
    def won(settings: EncoderTraining) -> tuple[LearningState, np.ndarray]:
        state = start(settings=settings)
        levels = state.levels(DIGITS[:300])
        while state.done < state.total:
            state = state.advanced(levels, 300)
        _, winners, _ = learn(settings.channels, levels, state.learned, state.rule)
        return state.learned, np.bincount(winners, minlength=24)

    settings = replace(FAST, passes=6)
    learned, even = won(settings)
    _, uneven = won(replace(settings, homeostasis=False))
    assert even.std() < 0.6 * uneven.std()
    imprinted, _ = won(replace(settings, plasticity=False))
    rows = start().levels(DIGITS[300:600])
    match = [
        np.max(rows @ (one.prototypes() / np.linalg.norm(one.prototypes(), axis=1, keepdims=True)).T, axis=1).mean()
        for one in (learned, imprinted)
    ]
    assert match[0] > 1.05 * match[1]


def test_a_resumed_training_is_that_of_one_go(tmp_path: Path) -> None:
    def stop(done: int) -> bool:
        return done < 300

    whole = train_encoder(DIGITS[:300], 24, 4, FAST, 3)
    cut = train_encoder(DIGITS[:300], 24, 4, FAST, 3, stop, checkpoint=tmp_path / "c")
    with pytest.raises(InvalidInput, match="of one that was broken off; go on with resume=True"):
        train_encoder(DIGITS[:300], 24, 4, FAST, 3, checkpoint=tmp_path / "c")
    resumed = train_encoder(DIGITS[:300], 24, 4, FAST, 3, checkpoint=tmp_path / "c", resume=True)
    with pytest.raises(InvalidInput, match="of another training"):
        train_encoder(DIGITS[:300], 24, 4, FAST, 4, checkpoint=tmp_path / "c")
    assert resumed.digest == whole.digest != cut.digest
    assert train_encoder(DIGITS[:300], 24, 4, FAST, 4).digest != whole.digest
    for other in ({"vectors": DIGITS[1:301]}, {"settings": replace(FAST, gain_first=0.1)}, {"seed": 5}):
        arguments: dict[str, Any] = {"vectors": DIGITS[:300], "units": 24, "k": 4, "settings": FAST, "seed": 3, **other}
        with pytest.raises(InvalidInput, match="is of other vectors or settings; resume with the same"):
            train_encoder(**arguments, checkpoint=tmp_path / "c", resume=True)
    with pytest.raises(InvalidInput, match="resume needs the checkpoint"):
        train_encoder(DIGITS[:300], 24, 4, FAST, resume=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("mine")
    with pytest.raises(InvalidInput, match="other"):
        train_encoder(DIGITS[:300], 24, 4, FAST, checkpoint=tmp_path / "other")


LONG = """
import sys
from pathlib import Path
from sklearn.datasets import load_digits
from neuro.training import EncoderTraining, train_encoder
X = load_digits().data[:300]
train_encoder(X, 24, 4, EncoderTraining(passes=100000, threshold=0.6), 3, checkpoint=Path(sys.argv[1]))
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.long)])
def test_an_interrupted_training_leaves_its_last_checkpoint(tmp_path: Path, sent: signal.Signals) -> None:
    folder = tmp_path / "kept"
    path = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    child = subprocess.Popen([sys.executable, "-c", LONG, str(folder)], env=path, stderr=subprocess.PIPE)
    limit = time.monotonic() + 60
    while not (folder / "manifest.json").exists() and time.monotonic() < limit:
        time.sleep(0.01)
    time.sleep(0.2)
    child.send_signal(sent)
    child.communicate(timeout=30)
    assert child.returncode != 0
    settings = EncoderTraining(passes=100_000, threshold=0.6)
    state = start(seed=3, settings=settings)
    resumed = state.resumed(folder, state.digest(state.levels(DIGITS[:300])))
    assert resumed.done > 0
    assert resumed.done % 300 == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"units": 0}, "units is 0; a whole number from 1"),
        ({"k": 11}, "k is 11; a whole number from 1 to 10 is allowed"),
        ({"seed": -1}, "seed is -1"),
        ({"vectors": np.ones((50, 3))}, "all 50 vectors are alike; there is nothing to learn"),
        ({"vectors": 1e6 + np.zeros((50, 3))}, "all 50 vectors are alike; there is nothing to learn"),
        ({"vectors": np.ones((50, 3), dtype=int)}, "vectors have dtype int64"),
        ({"vectors": np.full((50, 3), np.nan)}, "vectors hold NaN"),
        ({"vectors": DIGITS[:9]}, "9 vectors for 10 units; each unit starts as one vector"),
        ({"vectors": np.outer(np.arange(1.0, 51), DIGITS[0])}, "50 vectors have 2 distinct directions from their mean"),
        ({"settings": EncoderTraining(synapses=65)}, "synapses is 65; a whole number from 1 to 64"),
    ],
)
def test_training_refuses(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        train_encoder(**{"vectors": DIGITS[:20], "units": 10, "k": 2, **arguments})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"passes": 0}, "passes is 0"),
        ({"reading": "currents"}, "reading is 'currents'; one of"),
        ({"plasticity": "x"}, "plasticity is 'x'; True or False"),
        ({"gain_first": 1.5}, "gain_first is 1.5; a number from 1e-09 to 1 is allowed"),
        ({"gain_last": 0.5}, "gain_last is 0.5, gain_first 0.05; gains fall"),
        ({"theta_step": float("nan")}, "theta_step is nan"),
        ({"weight_bits": 1}, "weight_bits is 1; a whole number from 2 to 16"),
        ({"window": 0}, "window is 0"),
        ({"synapses": 0}, "synapses is 0"),
    ],
)
def test_settings_refuse(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        EncoderTraining(**options)
