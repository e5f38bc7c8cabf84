"""Models and other Python objects: joblib, or pickle where joblib is missing.

What a pickle names is read from its instructions; nothing is loaded to find out. A pickle is opened only in
the user's own environment, by `read_model`.
"""

from __future__ import annotations

import sys
from collections import deque
from typing import Any

from onward.runtime.values.errors import CannotKeep, MissingLibrary
from onward.runtime.values.libraries import is_installed, need

JOBLIB_MEDIA = "application/x-joblib"
PICKLE_MEDIA = "application/x-pickle"
_PROTOCOL = 5


def write_model(value: Any, path: str) -> tuple[str, dict[str, Any]]:
    """Write an object; returns the media type and the facts `class` and `globals`.

    Raises:
        CannotKeep: it cannot be pickled; names its class.
    """
    import pickle  # costs what a step without a model need not pay

    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    media = JOBLIB_MEDIA if is_installed("joblib") else PICKLE_MEDIA
    try:
        if media == JOBLIB_MEDIA:
            need("joblib").dump(value, path, compress=0, protocol=_PROTOCOL)
        else:
            with open(path, "wb") as file:
                pickle.dump(value, file, protocol=_PROTOCOL)
        names = names_in_pickle(value)
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
        raise CannotKeep(f"a {kind} cannot be kept: {error}. Return the data that it is made from") from error
    return media, {"class": kind, "globals": names, "library": kind.split(".", maxsplit=1)[0]}


def names_in_pickle(value: Any) -> list[str]:
    """The classes and functions that the pickle of an object names, sorted, as `module.qualname`.

    Read from a pickle of its own, in which arrays stand apart (PEP 574), so that it holds instructions only.
    """
    import pickle
    import pickletools

    found: set[str] = set()
    memo: dict[int, str] = {}
    strings: deque[str] = deque(("", ""), maxlen=2)
    text = pickle.dumps(value, protocol=_PROTOCOL, buffer_callback=lambda _: None)
    for instruction, argument, _ in pickletools.genops(text):
        if instruction.name == "MEMOIZE":
            memo[len(memo)] = strings[-1]
        elif instruction.name in ("BINGET", "LONG_BINGET"):
            strings.append(memo.get(int(str(argument)), ""))
        elif instruction.name == "STACK_GLOBAL":
            found.add(".".join(strings))
            strings.append("")
        else:
            strings.append(argument if isinstance(argument, str) else "")
    return sorted(found)


def read_model(path: str, media: str) -> Any:
    """The object again. It runs what the pickle says, so the caller vouches for its origin.

    Raises:
        MissingLibrary: joblib or a library of the object's is missing.
    """
    import pickle

    try:
        if media == JOBLIB_MEDIA:
            return need("joblib", "open a model").load(path)
        with open(path, "rb") as file:
            return pickle.load(file)  # noqa: S301 - the caller vouches for it
    except MissingLibrary:
        raise
    except ModuleNotFoundError as error:
        name = (error.name or "").split(".")[0]
        if not name or name in sys.modules:
            raise
        raise MissingLibrary(name, purpose="open a model") from error
