"""onward: one repository, one graph, one pipeline, one site for the analyses of a data-science team.

What user code imports (`asset`, `check`, `ref`, `load`, `save`, `metric`, `today`) and what a Python caller of the
whole system uses (`Workspace`) come from here, each loaded when it is first asked for: a step's process must not
pay for the engine, nor may the module need anything but the standard library.
"""

from __future__ import annotations

__version__ = "0.1.0"

_HOMES = {
    "OnwardError": "onward.base.errors",
    "Workspace": "onward.workspace",
    "asset": "onward.api",
    "check": "onward.api",
    "load": "onward.api",
    "metric": "onward.api",
    "ref": "onward.api",
    "save": "onward.api",
    "today": "onward.api",
}

__all__ = ["OnwardError", "Workspace", "__version__", "asset", "check", "load", "metric", "ref", "save", "today"]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'onward' has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
