"""Unsupervised learning of digits: the circuit against theory and Brian2, held-out digits, and ablations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from neuro.circuit.circuit import Circuit
from neuro.errors import InvalidInput
from neuro.experiments.diehl_cook import DiehlCookResult, DiehlCookSettings, mnist_settings, run_diehl_cook
from neuro.experiments.diehl_cook.circuit import (
    LearnedWeights,
    Phase,
    image_ticks,
    network,
    trace_length,
    trace_steps,
    untrained,
)
from neuro.experiments.diehl_cook.data import Images, load_digit_split
from neuro.experiments.diehl_cook.experiment import mosaic
from neuro.experiments.diehl_cook.readout import confusion, learn_readout
from neuro.experiments.diehl_cook.settings import Decay
from neuro.experiments.diehl_cook.training import NOBODY, first_to_fire, input_rates, respond, train
from neuro.progress import QuietStages
from neuro.simulators import Brian2Reference, simulate
from neuro.spikes import Spikes

SMALL = DiehlCookSettings(neurons=20, epochs=1, training=150, validation=60, testing=60, segment=50, reads=3)


def small_circuit(phase: Phase, images: int = 10) -> tuple[Circuit, int, LearnedWeights]:
    """The first images of the digits, shown to twenty neurons that know nothing."""
    shown = load_digit_split(SMALL).training.first(images)
    learned = untrained(64, SMALL, np.random.default_rng(7))
    circuit = network(input_rates(shown, SMALL), learned, SMALL, phase, seed=8)
    return circuit, images * image_ticks(SMALL, phase), learned


# ------------------------------------------------------------------------------------------------ the circuit


@pytest.mark.long
@pytest.mark.parametrize("phase", [Phase(True), Phase(False, 3)], ids=["learning", "frozen"])
def test_brian2_has_the_same_spikes_and_weights(phase: Phase) -> None:
    circuit, ticks, learned = small_circuit(phase)
    compiled, brian2 = simulate(circuit, ticks), Brian2Reference().run(circuit, ticks)
    assert len(compiled.spikes["neurons"]) == 10 * phase.reads
    assert compiled.mismatches(brian2) == 0
    assert compiled.final.keys() == brian2.final.keys()
    assert compiled.largest_difference(brian2) < 1e-9
    moved = not np.array_equal(compiled.final["synapses", "w"], learned.w.ravel())
    assert moved is phase.learning
    assert bool(compiled.final["neurons", "theta"].any()) is phase.learning


@pytest.mark.long
def test_weights_are_the_mean_of_the_traces_that_a_neuron_fired_for() -> None:
    """With learning rates 1/2, 1/3, ... the first weights and the n traces are averaged: an online k-means."""
    settings = SMALL.model_copy(update={"rate_floor": Decay(start=1e-9, end=1e-9)})
    shown = load_digit_split(settings).training.first(60)
    learned, phase = untrained(64, settings, np.random.default_rng(3)), Phase(True)
    circuit = network(input_rates(shown, settings), learned, settings, phase, seed=4)
    period = image_ticks(settings, phase)
    recording = simulate(circuit, 60 * period)
    scale = trace_length(settings) ** -2
    traces = _traces(recording.spikes["pixels"], 60, period, settings)
    answers = first_to_fire(recording.spikes["neurons"], 60, period, 1)[:, 0]
    w = recording.final["synapses", "w"].reshape(64, -1)
    for neuron in range(settings.neurons):
        rows = traces[answers == neuron] * scale
        expected = (learned.w[:, neuron] + rows.sum(axis=0)) / (1 + len(rows))
        assert np.allclose(w[:, neuron], expected, rtol=1e-9, atol=1e-15)
        assert recording.final["neurons", "rate"][neuron] == pytest.approx(1 / (2 + len(rows)))


def _traces(spikes: Spikes, images: int, period: int, settings: DiehlCookSettings) -> np.ndarray:
    """Each pixel's trace when the first neuron fires, in the tick after the window."""
    image, tick = np.divmod(spikes.ticks, period)
    age = settings.window - tick
    decayed = np.exp(-age * settings.dt / settings.tau) * (age > 0)
    traces = np.zeros((images, spikes.size))
    np.add.at(traces, (image, spikes.indices), decayed)
    return traces


@pytest.mark.long
def test_one_neuron_fires_a_presentation_and_the_best_one() -> None:
    """The winner is the neuron with the highest sum of weights times traces, less its threshold."""
    circuit, ticks, learned = small_circuit(Phase(False, 3))
    period = ticks // 10
    recording = simulate(circuit, ticks)
    traces = _traces(recording.spikes["pixels"], 10, period, SMALL)
    answers = first_to_fire(recording.spikes["neurons"], 10, period, 3)
    assert np.array_equal(answers[:, 0], np.argmax(traces @ learned.w, axis=1))
    assert (np.diff(np.sort(answers, axis=1), axis=1) > 0).all()
    first = SMALL.window
    assert (recording.spikes["neurons"].ticks % period).tolist() == [first, first + 1, first + 2] * 10


def test_weights_stay_within_their_bounds() -> None:
    learned = train(load_digit_split(SMALL).training, SMALL, lambda _: None).learned
    assert learned.w.min() >= 0.0
    assert learned.w.max() <= trace_steps(SMALL) / trace_length(SMALL) ** 2


@pytest.mark.slow
def test_homeostasis_makes_all_neurons_fire_equally_often(result: DiehlCookResult) -> None:
    training = result.training
    shown = len(load_digit_split(result.settings).training)
    assert training.spikes_per_image == 1.0
    assert training.wins.sum() == shown
    assert training.wins.min() >= 0.5 * shown / 100
    assert training.wins.max() <= 2.0 * shown / 100
    # Each presentation raises one threshold by as much as it lowers all of them together.
    assert training.learned.theta.sum() == pytest.approx(0.0, abs=1e-9)


# ------------------------------------------------------------------------------------------------ the parts


def test_input_spikes_have_the_rates_of_the_image() -> None:
    """Counts over 4,200 ticks within four standard deviations; the same again from the same seed."""
    rates = np.array([[0.0, 20.0, 100.0, 200.0]]).repeat(200, axis=0)
    learned = LearnedWeights(np.zeros((4, 20)), np.zeros(20), np.ones(20))
    runs = [simulate(network(rates, learned, SMALL, Phase(True), seed), 200 * 21) for seed in (1, 1, 2)]
    counts = [run.spikes["pixels"].counts() for run in runs]
    chance = rates[0] * SMALL.dt
    assert (np.abs(counts[0] - 4200 * chance) <= 4 * np.sqrt(4200 * chance * (1 - chance)) + 1e-9).all()
    assert runs[0].mismatches(runs[1]) == 0
    assert runs[0].mismatches(runs[2]) > 100


def test_every_image_drives_alike() -> None:
    length = np.linalg.norm(input_rates(load_digit_split(SMALL).training, SMALL), axis=1)
    assert length == pytest.approx(SMALL.rate, rel=1e-5)
    blank = Images(np.zeros((1, 8, 8), np.float32), np.zeros(1, np.int64))
    assert not input_rates(blank, SMALL).any()


def test_the_first_neurons_are_read_in_order() -> None:
    spikes = Spikes(np.array([3, 4, 5, 13, 24]), np.array([2, 0, 1, 1, 0]), 3)
    assert first_to_fire(spikes, 4, 10, 2).tolist() == [[2, 0], [1, NOBODY], [0, NOBODY], [NOBODY, NOBODY]]


def test_the_readout_counts_earlier_spikes_more() -> None:
    answers = np.array([[0, 1], [0, 2], [1, 2], [2, 1], [2, NOBODY]])
    readout = learn_readout(answers, np.array([3, 3, 5, 7, 7]), 3, 0.5)
    assert readout.classes.tolist() == [3, 5, 7]
    # Neuron 1 fired once first for 5, and second for 3 and 7; 0.2 is added to each of ten counts.
    assert readout.chance[1, [3, 5, 7, 0]] == pytest.approx(np.array([0.7, 1.2, 0.7, 0.2]) / 4)
    # Neurons 2, then 1: 7 scores log(2.2 / 5) + log(0.7 / 4) / 2 = -1.69, 5 log(0.7 / 5) + log(1.2 / 4) / 2 = -2.57.
    assert readout.name(np.array([[0, 1], [1, NOBODY], [2, 1]])).tolist() == [3, 5, 7]
    assert readout.name_by_first(np.array([[1, 0], [NOBODY, NOBODY]])).tolist() == [5, NOBODY]
    table = confusion(np.array([3, 3, 7]), np.array([3, 7, 7]))
    assert (table[3, 3], table[3, 7], table[7, 7], table.sum()) == (1, 1, 1, 3)


def test_labels_do_not_touch_training() -> None:
    known = load_digit_split(SMALL).training
    shuffled = Images(known.pixels, np.random.default_rng(0).permutation(known.labels))
    first, second = (train(images, SMALL, lambda _: None).learned for images in (known, shuffled))
    assert np.array_equal(first.w, second.w)
    assert np.array_equal(first.theta, second.theta)


def test_the_parts_of_the_digits_are_disjoint_and_the_seeds() -> None:
    split = load_digit_split(DiehlCookSettings(seed=4))
    sizes = [len(part) for part in (split.training, split.validation, split.testing)]
    assert sizes == [1151, 287, 359]
    again, other = load_digit_split(DiehlCookSettings(seed=4)), load_digit_split(DiehlCookSettings(seed=5))
    assert np.array_equal(split.testing.pixels, again.testing.pixels)
    assert not np.array_equal(split.testing.pixels, other.testing.pixels)


def test_mnist_is_split_and_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPIKELOOM_DATA", str(tmp_path))
    with pytest.raises(InvalidInput, match="set SPIKELOOM_DATA to its folder"):
        load_digit_split(mnist_settings(10))
    pixels = np.full((60_000, 2, 2), 255, np.uint8)
    labels = np.arange(60_000).astype(np.uint8) % 10
    np.savez(tmp_path / "mnist.npz", x_train=pixels, y_train=labels, x_test=pixels[:30], y_test=labels[:30])
    split = load_digit_split(mnist_settings(10).model_copy(update={"testing": 20}))
    assert [len(part) for part in (split.training, split.validation, split.testing)] == [50_000, 10_000, 20]
    assert split.training.pixels.max() == 1.0


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ValidationError, match="1 to 3 is allowed, the number of neurons"):
        DiehlCookSettings(neurons=3, reads=4)
    assert Decay(start=0.1, end=0.001).at(0.5) == pytest.approx(0.01)


def test_a_mosaic_keeps_every_field() -> None:
    whole = mosaic(np.arange(1.0, 6.0)[:, None, None] * np.ones((5, 2, 3)))
    assert whole.shape == (2 * 3 - 1, 3 * 4 - 1)
    assert whole[3, 4] == 5.0
    assert np.isnan(whole[2]).all()
    assert np.isnan(whole[3, 8])


# ------------------------------------------------------------------------------------------------ the experiment


def test_a_run_repeats() -> None:
    first, again = (run_diehl_cook(SMALL, QuietStages()) for _ in range(2))
    for part in ("accuracy", "validation_accuracy", "first_spike_accuracy"):
        assert getattr(first, part) == getattr(again, part)
    for part in ("wins", "spikes_per_image", "input_spikes_per_image"):
        assert np.array_equal(getattr(first.training, part), getattr(again.training, part))
    assert np.array_equal(first.training.learned.w, again.training.learned.w)
    assert np.array_equal(first.confusion, again.confusion)
    assert int(first.confusion.sum()) == 60
    assert first.accuracy == np.trace(first.confusion) / 60


def test_settings_can_be_chosen_without_the_test_images(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run_diehl_cook(SMALL, test=False)
    assert result.accuracy is None
    assert result.first_spike_accuracy is None
    assert result.validation_accuracy == np.trace(result.confusion) / 60


def test_naming_changes_nothing() -> None:
    split = load_digit_split(SMALL)
    learned = train(split.training, SMALL, lambda _: None).learned
    kept = learned.w.copy(), learned.theta.copy()
    first, second = (
        respond(split.validation, learned, SMALL, np.random.default_rng(1), lambda _: None) for _ in range(2)
    )
    assert np.array_equal(first, second)
    assert np.array_equal(learned.w, kept[0])
    assert np.array_equal(learned.theta, kept[1])


@pytest.fixture(scope="module")
def result() -> DiehlCookResult:
    """The whole digits, a hundred neurons."""
    return run_diehl_cook(DiehlCookSettings())


@pytest.mark.slow
def test_held_out_digits_are_named(result: DiehlCookResult) -> None:
    """The threshold: 85 % of the held-out digits with 100 neurons, median of three seeds."""
    results = [result, *(run_diehl_cook(DiehlCookSettings(seed=seed)) for seed in (1, 2))]
    assert [item.settings.neurons for item in results] == [100] * 3
    accuracies = [item.accuracy for item in results]
    assert np.median(np.array(accuracies, float)) >= 0.85, accuracies
    assert max(item.cpu_seconds for item in results) < 60


@pytest.mark.slow
@pytest.mark.parametrize(("part", "most"), [("plasticity", 0.8), ("competition", 0.3), ("homeostasis", 0.7)], ids=str)
def test_each_part_is_needed(result: DiehlCookResult, part: str, most: float) -> None:
    """Validation accuracy falls far where one part of the circuit is off, everything else alike."""
    without = run_diehl_cook(DiehlCookSettings().model_copy(update={part: False, "epochs": 5}), test=False)
    assert without.validation_accuracy < most < result.validation_accuracy - 0.1
