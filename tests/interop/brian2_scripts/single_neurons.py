"""Scripts of unconnected neurons, in the manner of Brian2's examples."""

from __future__ import annotations

import numpy as np
from brian2 import (
    Hz,
    NeuronGroup,
    PopulationRateMonitor,
    SpikeMonitor,
    StateMonitor,
    TimedArray,
    cm,
    ms,
    msiemens,
    mV,
    nA,
    nS,
    pF,
    second,
    ufarad,
    um,
    volt,
)

from tests.interop.brian2_scripts.script import Script, script


def if_curve_lif() -> Script:
    """Current-frequency curve of leaky integrate-and-fire neurons."""
    tau = 10 * ms
    eqs = """
    dv/dt = (v0 - v) / tau : volt (unless refractory)
    v0 : volt
    """
    group = NeuronGroup(60, eqs, threshold="v > 10*mV", reset="v = 0*mV", refractory=5 * ms, method="exact")
    group.v = 0 * mV
    group.v0 = "i * 20 * mV / (N - 1)"
    monitor = SpikeMonitor(group)
    return script(locals())


def if_curve_hodgkin_huxley() -> Script:
    """Current-frequency curve of Hodgkin-Huxley neurons, refractory while depolarised."""
    area = 20000 * um**2
    Cm, gl, El = 1 * ufarad * cm**-2 * area, 5e-5 * siemens_per_cm2() * area, -65 * mV
    EK, ENa = -90 * mV, 50 * mV
    g_na, g_kd, VT = 100 * msiemens * cm**-2 * area, 30 * msiemens * cm**-2 * area, -63 * mV
    eqs = HODGKIN_HUXLEY + "I : amp"
    group = NeuronGroup(10, eqs, threshold="v > -40*mV", refractory="v > -40*mV", method="exponential_euler")
    group.v = El
    group.I = "0.7*nA * i / 10"
    return script(locals())


def siemens_per_cm2() -> object:
    return 1000 * msiemens * cm**-2


HODGKIN_HUXLEY = """
dv/dt = (gl*(El - v) - g_na*(m*m*m)*h*(v - ENa) - g_kd*(n*n*n*n)*(v - EK) + I)/Cm : volt
dm/dt = 0.32*(mV**-1)*(13.*mV - v + VT)/(exp((13.*mV - v + VT)/(4.*mV)) - 1.)/ms*(1 - m)
        - 0.28*(mV**-1)*(v - VT - 40.*mV)/(exp((v - VT - 40.*mV)/(5.*mV)) - 1.)/ms*m : 1
dn/dt = 0.032*(mV**-1)*(15.*mV - v + VT)/(exp((15.*mV - v + VT)/(5.*mV)) - 1.)/ms*(1. - n)
        - .5*exp((10.*mV - v + VT)/(40.*mV))/ms*n : 1
dh/dt = 0.128*exp((17.*mV - v + VT)/(18.*mV))/ms*(1. - h) - 4./(1 + exp((40.*mV - v + VT)/(5.*mV)))/ms*h : 1
"""


def hodgkin_huxley_euler() -> Script:
    """The same membrane by small Euler steps, with a time as refractory period."""
    area = 20000 * um**2
    Cm, gl, El = 1 * ufarad * cm**-2 * area, 5e-5 * siemens_per_cm2() * area, -65 * mV
    EK, ENa = -90 * mV, 50 * mV
    g_na, g_kd, VT = 100 * msiemens * cm**-2 * area, 30 * msiemens * cm**-2 * area, -63 * mV
    eqs = HODGKIN_HUXLEY + "I : amp"
    group = NeuronGroup(5, eqs, threshold="v > -20*mV", refractory=3 * ms, method="euler", dt=0.01 * ms)
    group.v = El
    group.I = "(0.3 + 0.1*i)*nA"
    trace = StateMonitor(group, "v", record=True, dt=0.1 * ms)
    return script(locals())


def adaptive_threshold() -> Script:
    """A threshold that each spike raises and that decays."""
    eqs = """
    dv/dt = -v / (10*ms) : volt
    dvt/dt = (10*mV - vt) / (15*ms) : volt
    """
    group = NeuronGroup(3, eqs, threshold="v > vt", reset="v = 0*mV; vt += 3*mV  # adapts")
    group.run_regularly("v += (1.2 + 0.2*i)*mV", dt=0.5 * ms)
    group.vt = 10 * mV
    rate = PopulationRateMonitor(group)
    return script(locals())


def izhikevich() -> Script:
    """Regular, fast and bursting cells of Izhikevich's model, told apart by their parameters."""
    eqs = """
    dv/dt = (0.04*v**2/ms/mV + 5*v/ms + 140*mV/ms - u + I) : volt
    du/dt = a*(b*v - u) : volt/second
    I : volt/second
    a : Hz
    b : Hz
    c : volt
    d : volt/second
    """
    group = NeuronGroup(3, eqs, threshold="v > 30*mV", reset="v = c; u += d", method="euler")
    group.a = np.array([0.02, 0.1, 0.02]) / ms
    group.b = np.array([0.2, 0.2, 0.2]) / ms
    group.c = [-65, -65, -50] * mV
    group.d = np.array([8, 2, 2]) * volt / second
    group.I = 10 * mV / ms
    group.v = -70 * mV
    group.u = "b * v"
    return script(locals())


def adaptive_exponential() -> Script:
    """Brette & Gerstner's AdEx under a current step."""
    C, gL, EL, VT, DeltaT = 281 * pF, 30 * nS, -70.6 * mV, -50.4 * mV, 2 * mV
    Vcut, tauw, a, b, Vr = VT + 5 * DeltaT, 144 * ms, 4 * nS, 0.0805 * nA, -70.6 * mV
    eqs = """
    dvm/dt = (gL*(EL - vm) + gL*DeltaT*exp((vm - VT)/DeltaT) + I - w)/C : volt
    dw/dt = (a*(vm - EL) - w)/tauw : amp
    I : amp
    """
    neuron = NeuronGroup(2, eqs, threshold="vm > Vcut", reset="vm = Vr; w += b", method="euler")
    neuron.vm = EL
    neuron.I = [0.8, 1.2] * nA
    return script(locals())


def timed_array_drive() -> Script:
    """Two currents given as arrays: one for all neurons, one a neuron."""
    rng = np.random.default_rng(1)
    common = TimedArray(np.append(rng.uniform(0, 30, 20), 0) * mV, dt=5 * ms)
    private = TimedArray(np.vstack([rng.uniform(0, 20, (50, 4)), np.zeros(4)]) * mV, dt=2 * ms)
    tau = 10 * ms
    eqs = "dv/dt = (common(t) + private(t, i) - v) / tau : volt (unless refractory)"
    group = NeuronGroup(4, eqs, threshold="v > 15*mV", reset="v = 0*mV", refractory=2 * ms)
    return script(locals())


def reads_the_time() -> Script:
    """An oscillating current, switched on at 20 ms."""
    tau, frequency = 10 * ms, 40 * Hz
    eqs = """
    dv/dt = (I - v) / tau : volt
    I = 25*mV * (1 + 0.5*sin(2*pi*frequency*t)) * int(t >= 20*ms) : volt
    """
    group = NeuronGroup(5, eqs, threshold="v > (15 + i)*mV", reset="v = 0*mV", method="euler")
    return script(locals())


def noisy_neurons() -> Script:
    """Reliability: the same noise and a noise of each neuron's own."""
    tau, sigma = 20 * ms, 0.1
    group = NeuronGroup(
        5, "dx/dt = (1.1 - x)/tau + sigma*(2/tau)**.5*xi : 1", threshold="x > 1", reset="x = 0", method="euler"
    )
    return script(locals())


def non_reliability() -> Script:
    """Neurons that differ by their initial values only, by a Runge-Kutta method."""
    tau = 20 * ms
    group = NeuronGroup(5, "dx/dt = (2 - x - 0.1*x**3)/tau : 1", threshold="x > 1", reset="x = 0", method="rk4")
    group.x = "0.1 * i"
    return script(locals())


def refractory_by_neuron() -> Script:
    """Refractory times read from a parameter, not all on the grid."""
    eqs = """
    dv/dt = (1.5 - v)/tau : 1 (unless refractory)
    ref : second
    tau : second
    x : metre
    label : integer (constant)
    """
    group = NeuronGroup(6, eqs, threshold="v > 1", reset="v = 0", refractory="ref", method="exact")
    group.ref = "(i * 0.77)*ms"
    group.tau = "(5 + i)*ms"
    group.x = "i * 10*um"
    group.label = "i"
    return script(locals())


def regular_operations() -> Script:
    """run_regularly at the start and at the end of ticks, some of it every few ticks."""
    group = NeuronGroup(
        4,
        """
        dv/dt = -v/(20*ms) + drive : 1
        drive : Hz
        """,
        threshold="v > 1",
        reset="v = 0",
    )
    group.drive = "(80 + 10*i)*Hz"
    group.run_regularly("drive = clip(drive*0.98, 55*Hz, 200*Hz)", dt=3 * ms)
    group.run_regularly("v += 0.004", when="end")
    group.run_regularly("drive += 6*Hz", dt=20 * ms, when="end")
    group.run_regularly("v = clip(v, 0.01, 5)")
    return script(locals())
