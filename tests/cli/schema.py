"""A small structural checker: what an answer has to look like, written down as values of Python.

A shape is a type, a set of allowed values, a list with the shape of its items, a dictionary of fields, `Map` with
the shape of its values, a tuple of alternatives, or a function that says whether a value will do. A field whose
name ends in `?` may be absent. Fields beyond the named ones are allowed, for programs may gain some.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Shape = Any


@dataclass(frozen=True)
class Map:
    """A dictionary with any names, whose values all have one shape; `key` says which names will do."""

    values: Shape
    key: Callable[[str], bool] = lambda name: True


def mistakes(value: Any, shape: Shape, place: str = "answer") -> list[str]:
    """Where a value is not of a shape; empty where it is."""
    if shape is None:
        return [] if value is None else [f"{place} is {value!r} and not null"]
    if isinstance(shape, type):
        return [] if _is_of(value, shape) else [f"{place} is {value!r} and no {shape.__name__}"]
    if isinstance(shape, set | frozenset):
        return [] if value in shape else [f"{place} is {value!r} and none of {sorted(shape)}"]
    if isinstance(shape, tuple):
        return [] if any(not mistakes(value, one) for one in shape) else [f"{place} is {value!r}: none of the forms"]
    if isinstance(shape, list):
        return _of_list(value, shape[0], place)
    if isinstance(shape, Map):
        return _of_map(value, shape, place)
    if isinstance(shape, Mapping):
        return _of_fields(value, shape, place)
    return [] if shape(value) else [f"{place} is {value!r}, which {shape.__name__} does not take"]


def _is_of(value: Any, form: type) -> bool:
    if isinstance(value, bool):
        return form is bool
    return isinstance(value, int | float) if form is float else isinstance(value, form)


def _of_list(value: Any, shape: Shape, place: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{place} is {value!r} and no list"]
    return [said for number, item in enumerate(value) for said in mistakes(item, shape, f"{place}[{number}]")]


def _of_map(value: Any, shape: Map, place: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{place} is {value!r} and no object"]
    wrong = [f"{place} has the name {name!r}" for name in value if not shape.key(name)]
    return wrong + [said for name, item in value.items() for said in mistakes(item, shape.values, f"{place}.{name}")]


def _of_fields(value: Any, shape: Mapping[str, Shape], place: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{place} is {value!r} and no object"]
    said: list[str] = []
    for name, inner in shape.items():
        field = name.removesuffix("?")
        if field in value:
            said += mistakes(value[field], inner, f"{place}.{field}")
        elif field == name:
            said.append(f"{place} lacks {field}")
    return said
