"""Verilog: prints a core as readable Verilog-2005, one module a file, from the templates."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from inspect import getmembers, isfunction

from jinja2 import Environment, PackageLoader, StrictUndefined

from rtl_export.core.core import Core
from rtl_export.core.datapath import Datapath
from rtl_export.core.names import STATIC_MODULES, signal_of
from rtl_export.emit import template_filters


def verilog_files(core: Core) -> dict[str, bytes]:
    """File name -> contents of all sources of a core. The same core gives the same bytes."""
    files = {f"{name}.v": render(f"core/{name}.v") for name in STATIC_MODULES}
    ports = {"host_width": core.host_width, "host_address_width": core.host_address_width}
    for population in core.populations:
        files[f"{population.module}.v"] = render("core/population.v", population=population, **ports)
        files |= _datapaths([population.datapath])
    for projection in core.projections:
        files[f"{projection.module}.v"] = render(
            "core/projection.v",
            projection=projection,
            pre=core.pre_ring(projection),
            post=core.post_ring(projection),
            memories=[memory for memory in core.memories if memory.module == projection.module],
            **ports,
        )
        files |= _datapaths([path for _, path in template_filters.paths(projection)])
        for traces in projection.traces:
            files[f"{traces.module}.v"] = render("core/traces.v", traces=traces)
            files |= _datapaths([traces.decay, traces.rise])
    files[f"{core.core_name}.v"] = render("core/core.v", core=core)
    if core.cores > 1:
        files[f"{core.name}.v"] = render("core/cores.v", core=core)
        files["spike_router.v"] = render("core/spike_router.v")
    return {name: text.encode("ascii") for name, text in files.items()}


def _datapaths(parts: Sequence[Datapath]) -> dict[str, str]:
    return {f"{path.module}.v": render("core/datapath.v", datapath=path) for path in parts}


def render(template: str, **values: object) -> str:
    """The text of a template, which is named by its path under ``templates/`` without its ending."""
    return _environment().get_template(f"{template}.j2").render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("rtl_export"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Verilog, not HTML
    )
    environment.filters |= dict(getmembers(template_filters, isfunction))
    environment.filters["signal"] = signal_of
    environment.globals["version"] = _version()
    return environment


def _version() -> str:
    try:
        return version("spikeloom")
    except PackageNotFoundError:
        return "(from a checkout)"
