"""Learn the code: STDP, winners and homeostatic thresholds, watched while they work."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from neuro.arrays import FloatArray, IntArray
from neuro.circuit.circuit import Probe
from neuro.compiler.lower_circuit import lower
from neuro.encoders import LearnedEncoder
from neuro.encoders.codes import binary
from neuro.encoders.competitive_learning import WEIGHT_STEP, learning_formats, learning_ticks
from neuro.progress import Advance
from neuro.simulators import simulate
from neuro.training import EncoderState, EncoderTraining
from rtl_export.exporter import changing_states
from spikeloom.demo.data import DemoSettings, Examples
from spikeloom.demo.targets import Integers, Shown, quantise_circuit

LEARNING_SPIKES, READING_SPIKES = 400.0, 180.0
_VIEWS = 30
"""How often the thresholds are looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class Learning:
    """What learning did.

    Args:
        encoder: what was learned, frozen.
        before, after: on less off weights of each unit, (units, dimensions).
        presentations: when thresholds were looked at, (views,).
        thetas: the thresholds then, in presynaptic spikes, (views, units).
        used: share of the stored codes that each unit is in, (units,).
    """

    encoder: LearnedEncoder
    before: FloatArray
    after: FloatArray
    presentations: IntArray
    thetas: FloatArray
    used: FloatArray

    @property
    def winners(self) -> IntArray:
        """The units that won a presentation and so learned; the threshold of any other has only fallen."""
        last = self.thetas[-1]
        return np.flatnonzero(last > last.min()) if np.ptp(last) > 0 else np.arange(last.size)


def training_settings(settings: DemoSettings, examples: Examples) -> EncoderTraining:
    """The sparse form, whose units keep few synapses."""
    synapses = min(settings.synapses, examples.embeddings.shape[1])
    chosen = EncoderTraining.sparse(synapses)
    return replace(chosen, passes=settings.passes, spikes=LEARNING_SPIKES, read_spikes=READING_SPIKES)


def learn_code(stored: Examples, settings: DemoSettings, chosen: EncoderTraining, advance: Advance) -> Learning:
    """Train an encoder on the stored embeddings, without their labels."""
    state = EncoderState.start(stored.embeddings, settings.units, chosen, settings.seed)
    levels, before = state.levels(stored.embeddings), state.learned.prototypes()
    block = max(1, state.total // _VIEWS)
    seen, thetas = [0], [state.learned.theta]
    while state.done < state.total:
        state = state.advanced(levels, block)
        seen.append(state.done)
        thetas.append(state.learned.theta)
        advance(state.done)
    encoder = state.freeze(stored.embeddings, settings.active)
    used = binary(encoder.encode(stored.embeddings), encoder.units).mean(axis=0)
    moved = np.array(thetas) / WEIGHT_STEP
    return Learning(encoder, before, state.learned.prototypes(), np.array(seen), moved, used)


def learning_core(stored: Examples, settings: DemoSettings, chosen: EncoderTraining) -> tuple[Shown, Integers]:
    """A small circuit that learns on its own, in floats and in integers, from its first presentation on."""
    units = min(settings.learning_units, len(stored))
    state = EncoderState.start(stored.embeddings, units, replace(chosen, synapses=None, spikes=READING_SPIKES), 0)
    circuit = state.circuit(stored.embeddings[: settings.learning_presentations])
    # What changes is read once a presentation, as it is in Verilog: a weight at every tick would be millions of words.
    every = learning_ticks(state.settings.channels)
    changing = changing_states(lower(circuit), every)
    watched = replace(circuit, probes=[Probe(part.of, part.variable, part.every) for part in changing])
    ticks = every * min(settings.learning_presentations, len(stored))
    shown = Shown(watched, ticks, simulate(watched, ticks))
    return shown, quantise_circuit(shown, learning_formats(state.settings.channels, state.rule))
