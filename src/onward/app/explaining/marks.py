"""The marks of results, each with what made for it: what has to be known before anybody relies on one."""

from __future__ import annotations

from onward.model.trace import UNCHECKED, Trace

Marks = dict[str, tuple[str, ...]]
"""By mark, what made for it, in words."""


def marks_of_step(trace: Trace | None) -> Marks:
    """Those of what a step made; none where it made nothing."""
    return {mark: trace.because.get(mark, ()) for mark in trace.marks} if trace is not None else {}


def marks_of_asset(trace: Trace | None, *, is_checked: bool) -> Marks:
    """Those of one asset of it: that no check looks at it is one as well."""
    return marks_of_step(trace) | ({} if is_checked else {UNCHECKED: ()})
