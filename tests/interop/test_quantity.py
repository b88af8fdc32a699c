"""Brian2 quantities survive the way to plain numbers and back; Brian2's preferences come back too."""

from __future__ import annotations

import numpy as np
import pytest
from brian2 import amp, metre, ms, mV, siemens

from neuro.interop import quantity_dimension, quantity_from_si


@pytest.mark.parametrize("quantity", [20 * ms, np.array([1.0, 2.0]) * mV, 3 * siemens / metre**2, 1 * amp**0.5])
def test_a_quantity_comes_back(quantity: object) -> None:
    exponents = quantity_dimension(quantity)
    assert exponents is not None
    back = quantity_from_si(np.asarray(quantity), exponents)
    assert back.dim == quantity.dim  # type: ignore[attr-defined]
    assert np.array_equal(np.asarray(back), np.asarray(quantity))


@pytest.mark.parametrize("plain", [1.0, 3, np.zeros(3), [1, 2]])
def test_plain_numbers_have_no_dimension(plain: object) -> None:
    assert quantity_dimension(plain) is None
