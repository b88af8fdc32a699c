"""What the rows of bench ``training`` share: pairs of images, synthetic vectors and text, and what they taught."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from benchmarks.data import data_folder
from hnsw_bridge import IndexGraph, Metric, build_index, read_graph
from neuro.arrays import FloatArray
from neuro.encoders import KWTAEncoder
from neuro.errors import InvalidInput
from neuro.progress import Stages
from neuro.training import (
    Adam,
    ContrastiveEncoderTrainer,
    SpectralRegularization,
    Start,
    TrainedEncoder,
    TrainingSettings,
    distinct_pairs,
    laplacian,
    recall_hits,
)

SEED = 0
UNITS, ACTIVE, NONZEROS = 4096, 50, 16


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Pairs to train on and pairs that nobody trains on."""

    cues: FloatArray
    items: FloatArray
    held_cues: FloatArray
    held_items: FloatArray

    @property
    def encoder(self) -> KWTAEncoder:
        """The untrained code, centred on the items that are trained on."""
        return KWTAEncoder.centred_on(self.items, units=UNITS, active=ACTIVE, nonzeros=NONZEROS, seed=SEED)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a training gave: held-out recall@1 of the untrained and of the kept code, and processor seconds of fit."""

    task: Task
    untrained: KWTAEncoder
    trained: TrainedEncoder
    before: float
    after: float
    seconds: float


class Lab:
    """The tasks, each trained once and only if a row asks for it."""

    def __init__(self, stages: Stages) -> None:
        self._stages = stages

    @cached_property
    def light(self) -> Outcome:
        """Patches of a photograph, each cue under another light."""
        return self._train("Train: patches, light", lambda: patches(shift=0, light=0.3), TrainingSettings(epochs=2))

    @cached_property
    def displaced(self) -> Outcome:
        """Patches of a photograph, each cue up to one pixel aside."""
        return self._train("Train: patches, displaced", lambda: patches(shift=1, light=0.0), TrainingSettings(epochs=4))

    @cached_property
    def light_by_gradient(self) -> Outcome:
        """As :attr:`light`, from the identity by the gradient alone."""
        settings = TrainingSettings(epochs=4, start=Start.IDENTITY)
        return self._train("Train: by the gradient alone", lambda: patches(shift=0, light=0.3), settings, rate=0.03)

    @cached_property
    def nuisance(self) -> Outcome:
        """Random vectors that differ by a strong movement along eight directions."""
        return self._train("Train: nuisance", nuisance, TrainingSettings(epochs=1))

    @cached_property
    def text(self) -> Outcome:
        """Glosses and entries of nouns; held-out glosses search 6,000 entries."""
        return self._train("Train: text", lambda: text(4000, 1500, 6000), TrainingSettings(epochs=2))

    @cached_property
    def smooth(self) -> tuple[Outcome, IndexGraph]:
        """Text again, with the spectral term over the HNSW graph of the entries."""
        task = text(3000, 800, 800)
        graph = read_graph(build_index(task.items.astype(np.float32), metric=Metric.COSINE))
        L = laplacian(graph.links.row_start, graph.links.column)
        settings = TrainingSettings(epochs=4, start=Start.IDENTITY, patience=4)
        spectral = SpectralRegularization(0.1)
        return self._train("Train: spectral", lambda: task, settings, spectral=spectral, graph=L), graph

    def _train(
        self,
        title: str,
        make: Callable[[], Task],
        settings: TrainingSettings,
        *,
        rate: float = 0.01,
        spectral: SpectralRegularization | None = None,
        graph: object = None,
    ) -> Outcome:
        task = make()
        untrained = task.encoder
        trainer = ContrastiveEncoderTrainer(untrained, settings, optimiser=Adam(rate), spectral=spectral)
        warm_up(trainer, task)
        with self._stages.stage(title, trainer.steps(len(task.cues))) as advance:
            start = time.process_time()
            trained = trainer.fit((task.cues, task.items), graph, advance)
            seconds = time.process_time() - start
        before, after = (
            float(recall_hits(encoder, task.held_cues, task.held_items).mean())
            for encoder in (untrained, trained.encoder)
        )
        return Outcome(task, untrained, trained, before, after, seconds)


def warm_up(trainer: ContrastiveEncoderTrainer, task: Task) -> None:
    """Compile the kernels on a few pairs, so that no time holds it."""
    few = ContrastiveEncoderTrainer(trainer.encoder, TrainingSettings(epochs=1))
    few.fit((task.cues[:16], task.items[:16]))


def patches(
    *, shift: int, light: float, noise: float = 0.05, side: int = 16, count: int = 2500, held: int = 1000
) -> Task:
    """Grey patches of scikit-learn's photograph of a temple, 0 to 1: items; the same place as cues.

    A cue is moved by up to ``shift`` pixels, lit by a random offset and two random slopes of deviation ``light``, and
    gets noise. The left half of the photograph is trained on, the right half held out.
    """
    from sklearn.datasets import load_sample_image

    picture = load_sample_image("china.jpg").astype(np.float64).mean(axis=2) / 255.0
    random = np.random.default_rng(SEED)
    ramp = np.linspace(-1.0, 1.0, side)
    shades = np.stack([np.ones((side, side)), *np.meshgrid(ramp, ramp)])

    def take(wanted: int, left: int, right: int) -> tuple[FloatArray, FloatArray]:
        cues: list[FloatArray] = []
        items: list[FloatArray] = []
        while len(items) < wanted:
            y = int(random.integers(shift, picture.shape[0] - side - shift))
            x = int(random.integers(left + shift, right - side - shift))
            item = picture[y : y + side, x : x + side]
            if item.std() < 0.03:  # The sky is the same everywhere: nothing to be found again.
                continue
            down, along = random.integers(-shift, shift + 1, 2)
            cue = picture[y + down : y + down + side, x + along : x + along + side]
            lit = cue + np.tensordot(random.normal(0.0, light, 3), shades, 1) + random.normal(0.0, noise, cue.shape)
            cues.append(lit.ravel())
            items.append(item.ravel())
        kept = distinct_pairs(np.array(cues), np.array(items))
        return np.array(cues)[kept], np.array(items)[kept]

    middle = picture.shape[1] // 2
    return Task(*take(count, 0, middle), *take(held, middle, picture.shape[1]))


def nuisance(count: int = 2500, held: int = 1000, dimensions: int = 256, rank: int = 8, strength: float = 6.0) -> Task:
    """Vectors from a normal distribution, both sides of a pair moved along ``rank`` fixed directions."""
    random = np.random.default_rng(SEED)
    directions = random.standard_normal((rank, dimensions))

    def take(wanted: int) -> tuple[FloatArray, FloatArray]:
        shared = random.standard_normal((wanted, dimensions))
        cue, item = (
            shared
            + strength * random.standard_normal((wanted, rank)) @ directions
            + 0.05 * random.standard_normal(shared.shape)
            for _ in range(2)
        )
        return cue, item

    return Task(*take(count), *take(held))


def text(count: int, held: int, searched: int) -> Task:
    """MiniLM embeddings of wordnet nouns: gloss -> entry; ``searched`` entries, the held-out cues' own first.

    Raises:
        InvalidInput: the data is not there.
    """
    path = data_folder() / "text" / "wordnet_nouns.npz"
    if not path.is_file():
        raise InvalidInput(f"{path} is missing; set SPIKELOOM_DATA to the folder that holds text/")
    with np.load(path, allow_pickle=False) as stored:
        gloss, entry = stored["gloss"].astype(np.float64), stored["entry"].astype(np.float64)
    kept = distinct_pairs(gloss, entry)
    order = kept[np.random.default_rng(SEED).permutation(kept.size)]
    train, asked, others = np.split(order[: count + searched], [count, count + held])
    return Task(gloss[train], entry[train], gloss[asked], entry[np.concatenate([asked, others])])
