"""The one network under three heads: a class for a sequence, the next token at each step, an answer about a stream."""

from __future__ import annotations

import math
import time
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from neuro.checks import check_whole
from neuro.errors import InvalidInput
from neuro.resonance.episodes import EpisodicMemory
from neuro.resonance.input_filter import FilterState, InputFilter
from neuro.resonance.methods import ResonanceMethod, Scan
from neuro.resonance.network import ResonanceConfig, ResonanceNet, States

_SCAN = Scan()
_WHOLE = frozenset({torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64})

_STEP = 8
"""Multiplications and additions of one oscillator in one step: a complex product, the drive, the threshold, the
gain."""


class Carried(NamedTuple):
    """What a model carries from one part of a stream to the next."""

    states: States
    filtered: FilterState


class _Head(nn.Module):
    """What all heads share: the network, the filter of its spikes, and the memory of earlier summaries.

    Args:
        config: of the network.
        features: numbers that the linear layer reads.
        outputs: numbers that it gives.
        memory: summaries that can be remembered; None: no memory.
    """

    def __init__(self, config: ResonanceConfig, features: int, outputs: int, memory: int | None) -> None:
        super().__init__()
        self.config = config
        self.network = ResonanceNet(config)
        self.ears = InputFilter(config)
        self.linear = nn.Linear(features, outputs)
        self.memory = None if memory is None else EpisodicMemory(3 * config.channels, memory)
        self.recalled = None if memory is None else nn.Linear(3 * config.channels, outputs, bias=False)
        if self.recalled is not None:
            # Starts at zero: an untrained memory changes nothing.
            nn.init.zeros_(self.recalled.weight)

    def get_complexity_estimate(
        self, seq_len: int, *, batch: int = 1, firing_rate: float = 0.1, measure: bool = False
    ) -> dict[str, Any]:
        """Operations of one forward run, counted from the shape.

        Args:
            seq_len: steps.
            batch: sequences at once.
            firing_rate: share of the steps in which an oscillator spikes, 0 to 1.
            measure: run it once, to have the time as well; refused on the meta device.

        Returns:
            ``complexity_class`` (in T steps); ``stem``, ``oscillators``, ``mixes``, ``input_filter``, ``linear`` and
            their ``total``, each multiplications and additions of dense arithmetic; ``total_fft``: with :class:`Fft` in
            place of the scan; ``synaptic_operations``: additions of an event-driven run, where a spike costs one per
            synapse; ``state_bytes``: what a stream carries; ``measured_seconds``: None unless measured.

        Raises:
            InvalidInput: a number out of range, or a measurement of a model that holds no numbers.
        """
        check_whole("seq_len", seq_len, 1, 1 << 40)
        check_whole("batch", batch, 1, 1 << 30)
        if not 0 <= firing_rate <= 1:
            raise InvalidInput(f"firing_rate is {firing_rate!r}; a share from 0 to 1 is allowed")
        shape = self.config
        width, units, layers, channels = shape.input_dimension, shape.frequencies, shape.layers, shape.channels
        steps = seq_len * batch
        each_step = self.linear.in_features == 2 * channels
        parts = {
            "stem": 2 * steps * width * units,
            "oscillators": _STEP * steps * channels,
            "mixes": 2 * steps * (layers - 1) * units * units,
            "input_filter": _STEP * steps * channels,
            "linear": 2 * (steps if each_step else batch) * self.linear.in_features * self.linear.out_features,
        }
        transform = 15 * math.log2(2 * seq_len) + 12
        fired = firing_rate * steps * units
        # Every spike reaches its filter; those of all layers but the last reach the stream.
        synapses = layers + (layers - 1) * units
        return {
            "complexity_class": "O(T)",
            **parts,
            "total": sum(parts.values()),
            "total_fft": int(sum(parts.values()) + (transform - _STEP) * 2 * steps * channels),
            "synaptic_operations": int(fired * synapses),
            "state_bytes": 4 * batch * channels * 5,
            "measured_seconds": _seconds(self, seq_len, batch) if measure else None,
        }

    def _with_memory(self, outputs: Tensor, summary: Tensor, use_memory: bool, store_to_memory: bool) -> Tensor:
        if not (use_memory or store_to_memory):
            return outputs
        if self.memory is None or self.recalled is None:
            raise InvalidInput("this model has no memory; make it with memory=CAPACITY (use_memory=True in a factory)")
        if use_memory:
            outputs = outputs + self.recalled(self.memory.recall(summary))
        if store_to_memory:
            self.memory.store(summary)
        return outputs


class ResonanceClassifier(_Head):
    """A class for each sequence.

    Args:
        config: of the network.
        classes: how many, at least 2.
        memory: summaries that it can remember; None: no memory.
    """

    def __init__(self, config: ResonanceConfig, classes: int, *, memory: int | None = None) -> None:
        check_whole("classes", classes, 2, 1 << 24)
        super().__init__(config, 3 * config.channels, classes, memory)

    def forward(
        self, x: Tensor, *, use_memory: bool = False, store_to_memory: bool = False, method: ResonanceMethod = _SCAN
    ) -> Tensor:
        """Logits (batch, classes) of sequences (steps, batch, input_dimension).

        Args:
            x: at least one step.
            use_memory: add what the memory recalls by this summary.
            store_to_memory: remember this summary afterwards.
            method: how the layers run.

        Raises:
            InvalidInput: another shape, no steps, no memory to use.
        """
        summary = self.ears.summary(self.network, x, method=method).filtered.features
        return self._with_memory(self.linear(summary), summary, use_memory, store_to_memory)

    def with_rates(self, x: Tensor, method: ResonanceMethod = _SCAN) -> tuple[Tensor, Tensor]:
        """Logits, and the spikes of all layers a step, (batch, channels)."""
        summary = self.ears.summary(self.network, x, method=method)
        return self.linear(summary.filtered.features), summary.rates

    def with_spikes(self, x: Tensor, method: ResonanceMethod = _SCAN) -> tuple[Tensor, Tensor]:
        """Logits, and the spikes of all layers, (steps, batch, channels): dearer than :meth:`with_rates`."""
        spikes, _ = self.network(x, None, method)
        return self.linear(self.ears.of_spikes(spikes, method)), spikes


class ResonanceLanguageModel(_Head):
    """The next token at every step, from the spikes of all layers and the states of their filter.

    Args:
        config: of the network; ``input_dimension`` is the width of the embedding.
        vocab_size: tokens, at least 2.
        memory: as :class:`ResonanceClassifier`.
    """

    def __init__(self, config: ResonanceConfig, vocab_size: int, *, memory: int | None = None) -> None:
        check_whole("vocab_size", vocab_size, 2, 1 << 24)
        super().__init__(config, 2 * config.channels, vocab_size, memory)
        self.vocab_size = vocab_size
        self.embedding = nn.Embedding(vocab_size, config.input_dimension)

    def forward(
        self, x: Tensor, *, use_memory: bool = False, store_to_memory: bool = False, method: ResonanceMethod = _SCAN
    ) -> Tensor:
        """Logits (steps, batch, vocab_size) of tokens (steps, batch).

        Raises:
            InvalidInput: tokens that are no whole numbers below ``vocab_size``, no steps, no memory to use.
        """
        logits, summary, _ = self.read(x, None, method)
        return self._with_memory(logits, summary, use_memory, store_to_memory)

    def with_spikes(self, x: Tensor, method: ResonanceMethod = _SCAN) -> tuple[Tensor, Tensor]:
        """Logits, and the spikes of all layers, (steps, batch, channels)."""
        self._check(x)
        spikes, _ = self.network(self.embedding(x.long()), None, method)
        return self.linear(self.ears.every_step(spikes, None, method)[0]), spikes

    def with_rates(self, x: Tensor, method: ResonanceMethod = _SCAN) -> tuple[Tensor, Tensor]:
        """Logits, and the spikes of all layers a step, (batch, channels)."""
        logits, spikes = self.with_spikes(x, method)
        return logits, spikes.mean(0)

    def read(
        self, tokens: Tensor, before: Carried | None = None, method: ResonanceMethod = _SCAN
    ) -> tuple[Tensor, Tensor, Carried]:
        """One part of a stream: logits, the summary so far, and what to hand in with the next part."""
        self._check(tokens)
        states, filtered = (None, None) if before is None else before
        spikes, after = self.network(self.embedding(tokens.long()), states, method)
        features, summary, filtered_after = self.ears.every_step(spikes, filtered, method)
        return self.linear(features), summary, Carried(after, filtered_after)

    def _check(self, tokens: Tensor) -> None:
        if tokens.ndim != 2 or tokens.dtype not in _WHOLE:
            raise InvalidInput(
                f"tokens have shape {tuple(tokens.shape)}, dtype {tokens.dtype}; integers (steps, batch) are allowed"
            )
        if not tokens.numel() or int(tokens.min()) < 0 or int(tokens.max()) >= self.vocab_size:
            raise InvalidInput(f"tokens must be whole numbers from 0 to {self.vocab_size - 1}, at least one step")


class LongContextResonanceNet(_Head):
    """An answer about a stream of any length, read part by part at constant memory.

    Args:
        config: of the network; time constants as long as the context that should count.
        outputs: numbers in an answer.
        memory: summaries that it can remember; None: no memory.
        part: steps that are taken at once.
    """

    def __init__(self, config: ResonanceConfig, outputs: int, *, memory: int | None = None, part: int = 4096) -> None:
        check_whole("outputs", outputs, 1, 1 << 24)
        check_whole("part", part, 1, 1 << 30)
        super().__init__(config, 3 * config.channels, outputs, memory)
        self.part = part

    def forward(
        self, x: Tensor, *, use_memory: bool = False, store_to_memory: bool = False, method: ResonanceMethod = _SCAN
    ) -> Tensor:
        """Outputs (batch, outputs) after the last step of (steps, batch, input_dimension).

        Raises:
            InvalidInput: another shape, no steps, no memory to use.
        """
        if not x.numel():
            raise InvalidInput(f"the input has shape {tuple(x.shape)}; a sequence of at least one step is needed")
        carried: Carried | None = None
        for piece in x.split(self.part):
            summary, carried = self.read(piece, carried, method)
        return self._with_memory(self.linear(summary), summary, use_memory, store_to_memory)

    def read(
        self, piece: Tensor, before: Carried | None = None, method: ResonanceMethod = _SCAN
    ) -> tuple[Tensor, Carried]:
        """One part of a stream: the summary so far, and what to hand in with the next part."""
        states, filtered = (None, None) if before is None else before
        found = self.ears.summary(self.network, piece, states, filtered, method)
        return found.filtered.features, Carried(found.states, found.filtered)


def _seconds(model: _Head, seq_len: int, batch: int) -> float:
    weight = next(model.parameters())
    if weight.is_meta:
        raise InvalidInput("a model on the meta device holds no numbers to run; make it on 'cpu' to measure it")
    if hasattr(model, "embedding"):
        x = torch.zeros((seq_len, batch), dtype=torch.long, device=weight.device)
    else:
        x = torch.zeros((seq_len, batch, model.config.input_dimension), dtype=weight.dtype, device=weight.device)
    with torch.no_grad():
        # The first run loads what later ones find loaded.
        model(x[:1])
        start = time.perf_counter()
        model(x)
        return time.perf_counter() - start
