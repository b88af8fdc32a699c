"""Scripts of networks with fixed synapses, in the manner of Brian2's examples. Connections come from fixed seeds."""

from __future__ import annotations

import numpy as np
from brian2 import (
    NeuronGroup,
    SpikeGeneratorGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    cm,
    ms,
    msiemens,
    mV,
    nA,
    ufarad,
    um,
)

from tests.interop.brian2_scripts.script import Script, script
from tests.interop.brian2_scripts.single_neurons import HODGKIN_HUXLEY


def pairs(seed: int, sources: int, targets: int, probability: float) -> dict[str, np.ndarray]:
    """Random connections, the same in every run."""
    i, j = np.nonzero(np.random.default_rng(seed).random((sources, targets)) < probability)
    return {"i": i, "j": j}


def spike_train(seed: int, size: int, milliseconds: int, probability: float) -> SpikeGeneratorGroup:
    """Random spikes on a grid of 1 ms, the same in every run."""
    at, index = np.nonzero(np.random.default_rng(seed).random((milliseconds, size)) < probability)
    return SpikeGeneratorGroup(size, index, at * ms)


def cuba() -> Script:
    """Vogels & Abbott's current-based network, smaller."""
    taum, taue, taui = 20 * ms, 5 * ms, 10 * ms
    Vt, Vr, El = -50 * mV, -60 * mV, -49 * mV
    eqs = """
    dv/dt = (ge + gi - (v - El))/taum : volt (unless refractory)
    dge/dt = -ge/taue : volt
    dgi/dt = -gi/taui : volt
    """
    P = NeuronGroup(400, eqs, threshold="v > Vt", reset="v = Vr", refractory=5 * ms, method="exact")
    P.v = Vr + np.random.default_rng(2).random(400) * (Vt - Vr)
    we, wi = 60 * 0.27 / 10 * mV * 3, -20 * 4.5 / 10 * mV * 3
    Ce = Synapses(P[:320], P, on_pre="ge += we")
    Ci = Synapses(P[320:], P, on_pre="gi += wi")
    Ce.connect(**pairs(3, 320, 400, 0.02))
    Ci.connect(**pairs(4, 80, 400, 0.02))
    s_mon = SpikeMonitor(P)
    return script(locals())


def coba() -> Script:
    """The conductance-based network, by Euler steps."""
    taum, taue, taui = 20 * ms, 5 * ms, 10 * ms
    Vt, Vr, El, Ee, Ei, drive = -50 * mV, -60 * mV, -60 * mV, 0 * mV, -80 * mV, 20 * mV
    eqs = """
    dv/dt = (ge*(Ee - v) + gi*(Ei - v) - (v - El) + drive)*(1./taum) : volt (unless refractory)
    dge/dt = -ge*(1./taue) : 1
    dgi/dt = -gi*(1./taui) : 1
    """
    P = NeuronGroup(300, eqs, threshold="v > Vt", reset="v = Vr", refractory=5 * ms, method="euler")
    rng = np.random.default_rng(5)
    P.v = (-55 + 5 * rng.standard_normal(300)) * mV
    P.ge, P.gi = rng.uniform(0, 0.3, 300), rng.uniform(0, 1, 300)
    Ce = Synapses(P[:240], P, on_pre="ge += 0.6")
    Ci = Synapses(P[240:], P, on_pre="gi += 6.7")
    Ce.connect(**pairs(6, 240, 300, 0.04))
    Ci.connect(**pairs(7, 60, 300, 0.04))
    return script(locals())


def coba_hodgkin_huxley() -> Script:
    """Hodgkin-Huxley neurons with conductance synapses; exponential Euler."""
    area = 20000 * um**2
    Cm, gl, El = 1 * ufarad * cm**-2 * area, 0.05 * msiemens * cm**-2 * area, -60 * mV
    EK, ENa, VT = -90 * mV, 50 * mV, -63 * mV
    g_na, g_kd = 100 * msiemens * cm**-2 * area, 30 * msiemens * cm**-2 * area
    Ee, Ei, taue, taui, drive = 0 * mV, -80 * mV, 5 * ms, 10 * ms, 0.1 * nA
    eqs = HODGKIN_HUXLEY.replace("+ I)/Cm", "+ ge*(Ee - v) + gi*(Ei - v) + drive)/Cm")
    eqs += "dge/dt = -ge/taue : siemens\ndgi/dt = -gi/taui : siemens\n"
    P = NeuronGroup(40, eqs, threshold="v > -20*mV", refractory=3 * ms, method="exponential_euler")
    P.v = El
    Ce = Synapses(P[:32], P, on_pre="ge += 6*nS")
    Ce.connect(**pairs(8, 32, 40, 0.2))
    return script(locals())


def brunel() -> Script:
    """Brunel's network of delta synapses with one delay, driven above threshold."""
    tau, theta, Vr, J, g, mu = 20 * ms, 20 * mV, 10 * mV, 0.8 * mV, 5.0, 25 * mV
    eqs = "dv/dt = (-v + mu*(1 + 0.2*i/N))/tau : volt (unless refractory)"
    neurons = NeuronGroup(250, eqs, threshold="v > theta", reset="v = Vr", refractory=2 * ms, method="exact")
    neurons.v = np.random.default_rng(9).uniform(10, 20, 250) * mV
    exc = Synapses(neurons[:200], neurons, on_pre="v += J", delay=1.5 * ms)
    inh = Synapses(neurons[200:], neurons, on_pre="v += -g*J", delay=1.5 * ms)
    exc.connect(**pairs(10, 200, 250, 0.1))
    inh.connect(**pairs(11, 50, 250, 0.1))
    return script(locals())


def synfire_chain() -> Script:
    """Diesmann et al.'s chain: groups of one population, each onto the next."""
    duration, n_groups, size = 100 * ms, 5, 20
    taum, taupsp, weight = 10 * ms, 0.325 * ms, 40 * mV
    eqs = """
    dV/dt = (-(V + 70*mV) + x)*(1./taum) : volt
    dx/dt = (-x + y)*(1./taupsp) : volt
    dy/dt = -y*(1./taupsp) : volt
    """
    P = NeuronGroup(n_groups * size, eqs, threshold="V > -55*mV", reset="V = -70*mV", refractory=1 * ms)
    P.V = -70 * mV
    packet = np.random.default_rng(12).normal(10, 0.5, size)
    Pinput = SpikeGeneratorGroup(size, np.arange(size), packet * ms)
    S = Synapses(P, P, on_pre="y += weight")
    S.connect(j="k for k in range((int(i/size) + 1)*size, (int(i/size) + 2)*size) if i < N_pre - size")
    Sinput = Synapses(Pinput, P[:size], on_pre="y += weight")
    Sinput.connect()
    return script(locals())


def licklider() -> Script:
    """Coincidences of a periodic train with itself, one delay a neuron."""
    train = SpikeGeneratorGroup(1, np.zeros(20, int), np.arange(20) * 7 * ms + 1 * ms)
    tau = 1 * ms
    neurons = NeuronGroup(15, "dv/dt = -v/tau : 1", threshold="v > 1.5", reset="v = 0", method="exact")
    synapses = Synapses(train, neurons, on_pre="v += 1")
    synapses.connect()
    echo = Synapses(train, neurons, on_pre="v += 1")
    echo.connect()
    echo.delay["True"] = "j * ms"
    return script(locals())


def delays_per_synapse() -> Script:
    """Delays off the grid, drawn for each synapse."""
    source = spike_train(13, 5, 100, 0.1)
    group = NeuronGroup(8, "dv/dt = -v/(10*ms) : volt", threshold="v > 8*mV", reset="v = 0*mV", method="exact")
    S = Synapses(source, group, "w : volt", on_pre="v_post += w")
    S.connect()
    rng = np.random.default_rng(14)
    S.w = rng.uniform(2, 9, 40) * mV
    S.delay = rng.uniform(0, 8, 40) * ms
    return script(locals())


def several_synapses() -> Script:
    """Two synapses for each pair, told apart by an index, from several pathways with their own delays."""
    source = spike_train(15, 3, 100, 0.1)
    group = NeuronGroup(
        2,
        """
        dv/dt = (ge - gi - v)/(10*ms) : 1
        dge/dt = -ge/(3*ms) : 1
        dgi/dt = -gi/(6*ms) : 1
        """,
        threshold="v > 0.4",
        reset="v = 0",
    )
    S = Synapses(
        source,
        group,
        "w : 1",
        on_pre={"fast": "ge += w", "slow": "gi += 0.3"},
        delay={"fast": 1 * ms, "slow": 4 * ms},
        multisynaptic_index="k",
    )
    S.connect(n=2)
    S.w = "0.5 + 0.3*k + 0.1*j"
    return script(locals())


def barrels() -> Script:
    """Neurons with a place, connected by distance, in two barrels of one population."""
    eqs = """
    dv/dt = (g + I - v)/(10*ms) : 1
    dg/dt = -g/(2*ms) : 1
    I : 1
    x : metre
    barrel : integer
    """
    layer = NeuronGroup(60, eqs, threshold="v > 1", reset="v = 0", refractory=2 * ms, method="exact")
    layer.x = "i * 10*um"
    layer.barrel = "i >= 30"
    layer.I = "1.02 + 0.01*(i % 7)"
    left, right = layer[:30], layer[30:]
    near = Synapses(left, right, "w : 1", on_pre="g += w")
    near.connect(condition="abs(x_pre - x_post) < 150*um")
    near.w = "0.4*exp(-abs(x_pre - x_post)/(80*um))"
    within = Synapses(layer, layer, on_pre="g -= 0.02")
    within.connect(condition="i != j and barrel_pre == barrel_post")
    return script(locals())


def gap_junctions() -> Script:
    """Ten neurons joined by gap junctions: a current summed over synapses at every tick."""
    v0, tau = 1.05, 10 * ms
    neurons = NeuronGroup(
        10, "dv/dt = (v0 - v + Igap)/tau : 1\nIgap : 1", threshold="v > 1", reset="v = 0", method="exact"
    )
    neurons.v = "i * 1.0/9"
    S = Synapses(neurons, neurons, "w : 1\nIgap_post = w*(v_pre - v_post) : 1 (summed)")
    S.connect()
    S.w = 0.02
    trace = StateMonitor(neurons, "v", record=[0, 5])
    return script(locals())


def pyramidal_interneuron_gamma() -> Script:
    """PING: two groups that take turns, inhibition with a delay."""
    tau = 10 * ms
    eqs = """
    dv/dt = (I - v + ge - gi)/tau : 1 (unless refractory)
    dge/dt = -ge/(3*ms) : 1
    dgi/dt = -gi/(9*ms) : 1
    I : 1 (constant)
    """
    cells = NeuronGroup(40, eqs, threshold="v > 1", reset="v = 0", refractory=3 * ms, method="euler")
    basket = NeuronGroup(10, eqs, threshold="v > 1", reset="v = 0", refractory=1 * ms, method="euler")
    cells.I, basket.I = "1.4 + 0.01*i", 0.8
    cells.v = np.random.default_rng(16).random(40)
    ei = Synapses(cells, basket, on_pre="ge_post += 0.1")
    ie = Synapses(basket, cells, on_pre="gi_post += 0.3", delay=0.5 * ms)
    ii = Synapses(basket, basket, on_pre="gi_post += 0.1", delay=0.5 * ms)
    ei.connect(), ie.connect(), ii.connect(condition="i != j")
    return script(locals())


def jittered_input() -> Script:
    """Two trains that arrive with jitter; the synapse reads a parameter of its target."""
    rng = np.random.default_rng(17)
    times = np.arange(0, 100, 2.5)
    first = SpikeGeneratorGroup(1, np.zeros(40, int), times * ms)
    second_train = SpikeGeneratorGroup(1, np.zeros(40, int), (times + rng.normal(1, 0.3, 40).clip(0)) * ms)
    group = NeuronGroup(4, "dv/dt = -v/(4*ms) : 1\ngain : 1", threshold="v > 1", reset="v = 0", method="exact")
    group.gain = "0.5 + 0.2*i"
    one = Synapses(first, group, on_pre="v += 0.9*gain_post")
    two = Synapses(second_train, group, on_pre="v += 0.6*gain*(1 + 0.1*j)")
    one.connect(), two.connect()
    return script(locals())
