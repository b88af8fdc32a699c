"""A modern Hopfield memory as a circuit: a hidden layer with one neuron a pattern, in soft competition.

    cue (2 d sources) --K--> hidden (one neuron a pattern, one winner a tick)        gate --> hidden

One presentation, B = ``bits``, in ticks from its start:

* 0 .. B-1: the size of each component of the cue, a whole number of B bits, arrives as spikes, lowest bit first; source
  2 j tells a positive component j, 2 j + 1 a negative one. The leak halves the potential from tick to tick, so the
  bit of tick b counts 2^(b - B + 1): at the end the potential is, exactly, the similarity of the rounded cue and key.
* B-1: the gate fires, lifts all neurons over the threshold and shuts the leak.
* B: the neuron with the largest potential fires (ties to the lower index): the winner.
* B+1 .. B+samples: noise joins in, Gumbel's, of size 1 / beta. One neuron fires a tick, neuron i with the probability
  ``softmax(beta s)_i``, so its share of the spikes tends to its attention; the error falls as ``sqrt(1 / samples)``.

Sources: soft competition as sampling: Nessler, Pfeiffer, Buesing & Maass, PLoS Comput. Biol. 9 (2013); argmax of s +
Gumbel noise: Gumbel (1954), Yellott (1977); spikes weighted by their bit: Kim et al., Neurocomputing 311 (2018).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, IntArray
from neuro.checks import check_whole
from neuro.circuit.circuit import Circuit, Population, Projection, Restart, SpikeSource, Winners
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput
from neuro.memories.base import check_lengths
from neuro.memories.hopfield.attention_weights import Activation, Similarity
from neuro.memories.hopfield.modern_hopfield import ModernHopfield
from neuro.models.base import Method, NeuronModel
from neuro.models.lif import LIF_DELTA
from neuro.models.static import static_synapse
from neuro.spikes import Recording

_DT = 2.0**-10
"""Seconds: a power of two, so that the leak halves exactly."""

_LOWEST_GUMBEL = 3.2
"""A 32-bit random number makes no Gumbel noise below minus this."""

_SAMPLING = NeuronModel(
    equations="""
    dv/dt = -leak * v / tau_m : volt
    leak : 1
    noise : volt
    tau_m : second (constant)
    v_threshold : volt (constant)
    """,
    threshold="v - noise * log(-log((random_bits(seed, t_in_timesteps, i) + 0.5) / 4294967296)) > v_threshold",
    method=Method.EULER,
    initial={"leak": 1.0},
)


@dataclass(frozen=True, slots=True)
class HopfieldReading:
    """How a presentation is coded and read.

    Args:
        bits: B, of the cue's components and (with a sign) of the keys', 2 to 16.
        samples: how many spikes tell the attention after the winner's; 0: the winner alone, on every simulator.

    Raises:
        InvalidInput: a value outside its range.
    """

    bits: int = 10
    samples: int = 0

    def __post_init__(self) -> None:
        check_whole("bits", self.bits, 2, 16)
        check_whole("samples", self.samples, 0, 1 << 20)

    @property
    def ticks(self) -> int:
        """Of one presentation."""
        return self.bits + 1 + self.samples

    def winners(self, recording: Recording, memory: ModernHopfield) -> IntArray:
        """The index of the item that fired first in each presentation, (cues,).

        Raises:
            InvalidInput: the run does not hold whole presentations, or not exactly one winner in each.
        """
        return np.asarray(memory.indices[self._fired(recording, self.bits, self.bits + 1, 1)[:, 0]])

    def attention(self, recording: Recording, memory: ModernHopfield) -> FloatArray:
        """Each item's share of the samples, (cues, items); times ``memory.values`` it is the retrieved pattern.

        Raises:
            InvalidInput: no samples were asked for; as :meth:`winners`.
        """
        check_whole("samples", self.samples, 1, 1 << 20)
        fired = self._fired(recording, self.bits + 1, self.ticks, self.samples)
        return np.array([np.bincount(row, minlength=len(memory)) for row in fired]) / self.samples

    def _fired(self, recording: Recording, start: int, stop: int, each: int) -> IntArray:
        if recording.ticks % self.ticks or not recording.ticks:
            raise InvalidInput(f"{recording.ticks} ticks are no whole presentations of {self.ticks}; run all of them")
        spikes = recording.spikes["hidden"]
        place = spikes.ticks % self.ticks
        fired = np.asarray(spikes.indices[(place >= start) & (place < stop)])
        cues = recording.ticks // self.ticks
        if len(fired) != cues * each:
            raise InvalidInput(f"{len(fired)} spikes in {cues} presentations; {each} in each are allowed")
        return fired.reshape(cues, each)


def hopfield_circuit(
    memory: ModernHopfield, cues: npt.ArrayLike, reading: HopfieldReading | None = None, *, seed: int = 0
) -> Circuit:
    """A circuit that shows the cues one after the other to the population ``hidden``.

    The cues of one circuit share a scale, that of their largest component.

    Args:
        memory: holds at least one item.
        cues: float32, (dimensions,) or (cues, dimensions).
        reading: bits and samples; :class:`HopfieldReading` reads the answer.
        seed: of the noise.

    Raises:
        InvalidInput: an empty memory, cues that do not fit, samples of a memory whose activation is not softmax.
    """
    form = HopfieldReading() if reading is None else reading
    if not len(memory):
        raise InvalidInput("a circuit of an empty memory would name nothing; store something first")
    if form.samples and memory.activation is not Activation.SOFTMAX:
        raise InvalidInput(f"samples follow softmax, the memory has {memory.activation}; use samples=0")
    given, lengths = check_lengths(cues, memory.dimensions)
    shown, keys = given.astype(np.float64), memory.keys.astype(np.float64)
    if memory.similarity is Similarity.COSINE:
        shown /= lengths[:, None]
        keys /= np.linalg.norm(keys, axis=1, keepdims=True)
    levels, cue_step = _rounded(shown, form.bits)
    weights, key_step = _rounded(keys, form.bits)
    # Volts: a weight of one is the unit; the potential of similarity s is s volts_per_similarity.
    unit = 2.0 ** -(form.bits + 10)
    per_similarity = unit / (2.0 ** (form.bits - 1) * cue_step * key_step)
    noise = per_similarity / memory.beta
    bound = 2 * unit * float(np.abs(weights).sum(axis=1).max())
    # A power of two, so that sums with it stay exact.
    lift = 2.0 ** np.ceil(np.log2(4 * bound + 2 * _LOWEST_GUMBEL * noise * (form.samples > 0)))
    starts = np.arange(len(levels)) * form.ticks
    gate_ticks = np.concatenate([starts + form.bits - 1, starts + form.bits])
    return Circuit(
        _DT,
        [_hidden(len(keys), form, bound)],
        _projections(np.asarray(unit * weights, dtype=np.float64), lift, noise, form),
        [_cue_spikes(levels, form), SpikeSource("gate", 2, gate_ticks, np.repeat([0, 1], len(starts)))],
        [Restart("hidden", starts)],
        seed=seed,
    )


def _rounded(vectors: npt.NDArray[np.floating], bits: int) -> tuple[IntArray, float]:
    """Whole numbers of at most ``bits`` bits and a sign, and what one of them is worth."""
    step = float(np.abs(vectors).max()) / ((1 << bits) - 1)
    return np.rint(vectors.astype(np.float64) / step).astype(np.int64), step


def _cue_spikes(levels: IntArray, form: HopfieldReading) -> SpikeSource:
    bit = np.arange(form.bits)
    cue, tick, place = np.nonzero((np.abs(levels)[:, None, :] >> bit[None, :, None]) & 1)
    negative = levels[cue, place] < 0
    return SpikeSource("cue", 2 * levels.shape[1], cue * form.ticks + tick, 2 * place + negative)


def _hidden(items: int, form: HopfieldReading, bound: float) -> Population:
    parameters = {"tau_m": 2 * _DT, "v_threshold": bound}
    if form.samples:
        return Population("hidden", items, _SAMPLING, parameters, winners=Winners(1))
    model = replace(LIF_DELTA, method=Method.EULER, refractory=form.ticks * _DT)
    at_rest = {"v_rest": 0.0, "v_reset": 0.0}
    return Population("hidden", items, model, parameters | at_rest, {"v": 0.0}, Winners(max_winners=1))


def _projections(weights: FloatArray, lift: float, noise: float, form: HopfieldReading) -> list[Projection]:
    items = len(weights)
    signed = np.stack([weights.T, -weights.T], axis=1).reshape(-1, items)
    onto_v = static_synapse("v", "volt")
    first = Connections.from_pairs(np.zeros(items, dtype=np.int64), np.arange(items), 2, items)
    found = [
        Projection("keys", "cue", "hidden", onto_v, Connections.from_dense(signed != 0), {"w": signed[signed != 0]}),
        Projection("lift", "gate", "hidden", onto_v, first, {"w": lift}),
    ]
    if form.samples:
        second = Connections.from_pairs(np.ones(items, dtype=np.int64), np.arange(items), 2, items)
        found.append(Projection("shut", "gate", "hidden", static_synapse("leak", "1"), first, {"w": -1.0}))
        found.append(Projection("shake", "gate", "hidden", static_synapse("noise", "volt"), second, {"w": noise}))
    return found
