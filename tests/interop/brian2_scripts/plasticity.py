"""Scripts of synapses that change, in the manner of Brian2's examples."""

from __future__ import annotations

import numpy as np
from brian2 import Hz, NeuronGroup, StateMonitor, Synapses, ms, mV

from tests.interop.brian2_scripts.networks import pairs, spike_train
from tests.interop.brian2_scripts.script import Script, script


def song_abbott_stdp() -> Script:
    """Song, Miller & Abbott's STDP onto one neuron with a conductance."""
    taum, taupre, taupost = 10 * ms, 20 * ms, 20 * ms
    Ee, vt, vr, El, taue = 0 * mV, -54 * mV, -60 * mV, -74 * mV, 5 * ms
    gmax, dApre = 0.3, 0.01
    dApost = -dApre * taupre / taupost * 1.05 * gmax
    dApre *= gmax
    source = spike_train(20, 60, 200, 0.03)
    neurons = NeuronGroup(
        2,
        "dv/dt = (ge*(Ee - v) + El - v)/taum : volt\ndge/dt = -ge/taue : 1",
        threshold="v > vt",
        reset="v = vr",
        method="euler",
    )
    neurons.v = vr
    S = Synapses(
        source,
        neurons,
        """
        w : 1
        dApre/dt = -Apre/taupre : 1 (event-driven)
        dApost/dt = -Apost/taupost : 1 (event-driven)
        """,
        on_pre="""
        ge += w
        Apre += dApre
        w = clip(w + Apost, 0, gmax)
        """,
        on_post="""
        Apost += dApost
        w = clip(w + Apre, 0, gmax)
        """,
    )
    S.connect()
    S.w = np.random.default_rng(21).random(120) * gmax
    weights = StateMonitor(S, "w", record=[0, 1], dt=10 * ms)
    return script(locals())


def inhibitory_plasticity() -> Script:
    """Vogels, Sprekeler et al.'s rule: inhibition grows until the target fires at a wanted rate."""
    tau_stdp, eta, alpha, wmax = 20 * ms, 0.05, 3 * Hz * 20 * ms * 2, 10.0
    exc, inh = spike_train(22, 20, 200, 0.05), spike_train(23, 10, 200, 0.05)
    neurons = NeuronGroup(
        3,
        """
        dv/dt = (ge - gi - v)/(20*ms) : 1 (unless refractory)
        dge/dt = -ge/(5*ms) : 1
        dgi/dt = -gi/(10*ms) : 1
        """,
        threshold="v > 1",
        reset="v = 0",
        refractory=5 * ms,
        method="euler",
    )
    con_e = Synapses(exc, neurons, on_pre="ge += 1.5")
    con_e.connect(**pairs(24, 20, 3, 0.8))
    con_i = Synapses(
        inh,
        neurons,
        """
        w : 1
        dApre/dt = -Apre/tau_stdp : 1 (event-driven)
        dApost/dt = -Apost/tau_stdp : 1 (event-driven)
        """,
        on_pre="""Apre += 1.
                  w = clip(w + (Apost - alpha)*eta, 0, wmax)
                  gi += w""",
        on_post="""Apost += 1.
                   w = clip(w + Apre*eta, 0, wmax)""",
    )
    con_i.connect()
    con_i.w = 0.1
    return script(locals())


def short_term_plasticity() -> Script:
    """Tsodyks & Markram's facilitation and depression, event by event."""
    taud, tauf, U = 200 * ms, 50 * ms, 0.3
    source = spike_train(25, 4, 300, 0.06)
    neurons = NeuronGroup(4, "dv/dt = -v/(20*ms) : 1", threshold="v > 0.6", reset="v = 0", method="exact")
    S = Synapses(
        source,
        neurons,
        """
        dx/dt = (1 - x)/taud : 1 (event-driven)
        du/dt = (U - u)/tauf : 1 (event-driven)
        """,
        on_pre="""
        u += U*(1 - u)
        v_post += u*x*0.8
        x += -u*x
        """,
    )
    S.connect()
    S.x, S.u = 1, U
    return script(locals())


def nonlinear_nmda() -> Script:
    """Synapses with equations of their own at every tick, not linear, summed onto the target."""
    tau, alpha = 50 * ms, 0.5 / ms
    source = NeuronGroup(3, "dv/dt = (1.5 - v)/(10*ms) : 1", threshold="v > 1", reset="v = 0", method="exact")
    target = NeuronGroup(2, "dv/dt = (g - v)/(10*ms) : 1\ng : 1", threshold="v > 1", reset="v = 0", method="euler")
    S = Synapses(
        source,
        target,
        """
        g_post = s : 1 (summed)
        ds/dt = -s/tau + alpha*x*(1 - s) : 1 (clock-driven)
        dx/dt = -x/(2*ms) : 1 (clock-driven)
        """,
        on_pre="x += 1",
        method="euler",
    )
    S.connect()
    return script(locals())


def decaying_weights() -> Script:
    """Weights that fade at every tick and that spikes refresh."""
    source = spike_train(26, 6, 200, 0.08)
    group = NeuronGroup(3, "dv/dt = -v/(15*ms) : 1", threshold="v > 1", reset="v = 0", method="exact")
    S = Synapses(
        source,
        group,
        """
        dw/dt = (w_rest - w)/tau_w : 1 (clock-driven)
        w_rest : 1
        tau_w : second
        """,
        on_pre="v_post += w; w += 0.1",
        on_post="w = clip(w - 0.02, 0, 1)",
    )
    S.connect()
    S.w_rest, S.tau_w, S.w = 0.2, 30 * ms, 0.4
    return script(locals())
