"""Settings of the experiment: checked, frozen."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

_Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]


class Dataset(Enum):
    """Handwritten digits: scikit-learn's 1,797 of 8x8 pixels, or MNIST's 70,000 of 28x28."""

    DIGITS = "digits"
    MNIST = "mnist"


class Decay(BaseModel):
    """A number that falls geometrically from ``start`` to ``end`` over the training."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    start: Positive
    end: Positive

    def at(self, share: float) -> float:
        """The value when ``share`` (0 to 1) of the training is done."""
        return float(self.start * (self.end / self.start) ** share)


class DiehlCookSettings(BaseModel):
    """All that the experiment can be told.

    Args:
        dataset: which digits.
        neurons: how many excitatory neurons.
        seed: of everything random: the split, the order, the first weights, the input spikes.
        epochs: how often each training image is shown.
        training, validation, testing: how many images of each part; None: all.
        labelled: how many training images give the neurons their classes; None: all of them.
        dt: a tick, in seconds.
        window: ticks for which an image is shown before the neurons may fire.
        reads: neurons that may fire for an image when it is to be named; one in training.
        tau: membrane and trace time constant in seconds.
        rate: length of the vector of an image's input rates, in Hz.
        contrast: exponent that intensities are raised to.
        theta_plus: rise of a neuron's threshold when it fires, in units of the drive of a perfect match.
        rate_floor: below this a neuron's learning rate, 1 / (1/first + spikes so far), does not fall.
        discount: weight of each further spike when an image is named, relative to the one before.
        segment: images in one run of the simulator.
        plasticity, competition, homeostasis: switched off one by one they show what each is for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    dataset: Annotated[Dataset, Field(strict=False)] = Dataset.DIGITS
    neurons: Annotated[int, Field(ge=2)] = 100
    seed: Annotated[int, Field(ge=0, lt=2**31 - 1)] = 0
    epochs: _Count = 10
    training: _Count | None = None
    validation: _Count | None = None
    testing: _Count | None = None
    labelled: _Count | None = None
    dt: Positive = 5e-3
    window: Annotated[int, Field(ge=2)] = 20
    reads: _Count = 5
    tau: Positive = 0.1
    rate: Positive = 400.0
    contrast: Positive = 1.0
    theta_plus: Decay = Decay(start=0.02, end=0.002)
    rate_floor: Decay = Decay(start=0.1, end=0.01)
    discount: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5
    segment: _Count = 1000
    plasticity: bool = True
    competition: bool = True
    homeostasis: bool = True

    @model_validator(mode="after")
    def _check(self) -> DiehlCookSettings:
        if self.reads > self.neurons:
            raise ValueError(f"reads is {self.reads}; 1 to {self.neurons} is allowed, the number of neurons")
        return self


def mnist_settings(neurons: int, seed: int = 0) -> DiehlCookSettings:
    """Settings for MNIST, chosen on the last 10,000 of its 60,000 training images.

    The more neurons, the fewer images each one sees: thresholds then move in larger steps, so that all are used.
    """
    step = 0.0025 * neurons**0.5
    return DiehlCookSettings(
        dataset=Dataset.MNIST,
        neurons=neurons,
        seed=seed,
        epochs=2,
        labelled=100 * neurons,
        rate=800.0,
        contrast=0.5,
        theta_plus=Decay(start=step, end=step / 10),
        rate_floor=Decay(start=0.1, end=0.01 if neurons <= 800 else 0.02),
    )
