"""Which environment variables Python code reads.

No system call shows such a read, so `os.environ` is given a class that notes names. What the step itself has set
before does not count, nor what the standard library and packages ask about places that differ from user to user.

To start a program with `os.environ`, or with a copy of it, reads nothing: the program gets of it what programs get
(`runtime.programs`). Whoever else looks through all variables has read all, be it a library, save some that are known
to look for their own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from onward.runtime import programs
from onward.runtime.watch.scope import root_of_packages

_PLACES = frozenset(
    {"HOME", "PATH", "PWD", "OLDPWD", "TMPDIR", "TEMP", "TMP", "USER", "LOGNAME", "SHELL"}
    # From there nothing comes that could be pinned.
    | {*programs.NETWORK}
)
_PASSING_ON = ("os", "_collections_abc", "collections.abc")
"""Modules through which `os.environ` is asked on somebody's behalf."""
_STARTERS = ("subprocess", "joblib.externals.loky.backend.fork_exec", "loky.backend.fork_exec")
"""Modules that look through all variables to start a program with them."""
_LOOKING_FOR_OWN = {"urllib": "", "tqdm": "TQDM_", "dask": "DASK_", "fsspec": "FSSPEC_"}
"""Packages that look through all variables for those whose names begin so. `urllib` looks for ways into the network."""


class Variables:
    """The names that were read.

    Attributes:
        read: the names, in order.
        all_read: whether the user's code has looked through all of them.
    """

    def __init__(self) -> None:
        self.read: Dict[str, None] = {}
        self.all_read = False
        self.tell: Optional[Callable[[Dict[str, Any]], None]] = None
        """What each new name is told to at once, in a process that may end without a word."""
        self._looks_through: Optional[Tuple[int, int]] = None
        self._standard = os.path.dirname(os.__file__) + os.sep

    def watch(self) -> None:
        """Begins to note what this process reads."""
        global _noted  # one process runs one step
        _noted = self
        os.environ.__class__ = _Noted
        raw = getattr(os, "environb", None)
        if raw is not None:
            raw.__class__ = _Noted

    def note_read(self, key: object) -> None:
        """A variable is asked for."""
        name = _name(key)
        if not name or name in programs.own or name in self.read:
            return
        asker = _asker()
        if _is_own(asker) or _starts_program(asker):
            return
        if asker is not None and (id(asker), asker.f_lasti) == self._looks_through:
            return  # the value of a name that `note_all` has taken in
        if (name in _PLACES or name.startswith("XDG_")) and self._is_library(asker):
            return
        self._take(name)

    def note_all(self) -> None:
        """All variables are looked through."""
        asker = _asker()
        if asker is not None:
            self._looks_through = (id(asker), asker.f_lasti)
        if self.all_read or asker is None or _is_own(asker):
            return
        own = _LOOKING_FOR_OWN.get(_module(asker).partition(".")[0])
        if own is None:
            self.all_read = True
            if self.tell is not None:
                self.tell({"all_variables": True})
        elif own:
            for name in [name for name in programs.withheld if name.startswith(own)]:
                self._take(name)

    def note_set(self, key: object) -> None:
        """A variable is set or taken away: what is read of it from now on is the step's own."""
        name = _name(key)
        programs.own.add(name)
        programs.withheld.pop(name, None)

    def note_put_back(self, key: object, value: object, *, is_withheld: bool) -> None:
        """A variable is again what the step has found."""
        programs.own.discard(_name(key))
        if is_withheld:
            programs.hide(_name(key), _name(value))

    def _take(self, name: str) -> None:
        if name not in self.read:
            self.read[name] = None
            if self.tell is not None:
                self.tell({"variables": [name]})

    def _is_library(self, asker: Any) -> bool:
        if asker is None:
            return True
        path = asker.f_code.co_filename
        if _module(asker) == "IPython.core.magics.osm":
            return False  # `%env` shows what a cell asks for
        return path.startswith((self._standard, "<frozen")) or root_of_packages(path)


_noted: Variables


class _Noted(type(os.environ)):  # type: ignore[misc]
    """`os.environ`, with an eye on it. The class is made before steps are: making one takes its time."""

    def __getitem__(self, key: Any) -> Any:
        _noted.note_read(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        _noted.note_read(key)
        return bool(super().__contains__(key))

    def __iter__(self) -> Iterator[Any]:
        if _starts_program(_asker()):
            return iter(self._for_program())
        _noted.note_all()
        return super().__iter__()

    def __len__(self) -> int:
        return len(self._for_program()) if _starts_program(_asker()) else super().__len__()

    def __repr__(self) -> str:
        _noted.note_all()
        return super().__repr__()

    def copy(self) -> Any:
        # As a rule a copy is handed on to a program, which is no reading.
        values = {self.decodekey(key): self.decodevalue(value) for key, value in self._data.items()}  # pyrefly: ignore[missing-attribute]
        return _Copy(values)

    def update(self, other: Any = (), /, **more: Any) -> None:
        if isinstance(other, _Copy):
            other = other.put_back(self)
        super().update(other, **more)

    def clear(self) -> None:
        for key in self._names():
            del self[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        _noted.note_set(key)
        super().__setitem__(key, value)

    def put_back(self, key: Any, value: Any, *, is_withheld: bool) -> None:
        """Gives a variable the value that the caller has given it."""
        super().__setitem__(key, value)
        _noted.note_put_back(key, value, is_withheld=is_withheld)

    def __delitem__(self, key: Any) -> None:
        _noted.note_set(key)
        super().__delitem__(key)

    def _for_program(self) -> List[Any]:
        return [key for key in self._names() if _name(key) not in programs.withheld]

    def _names(self) -> List[Any]:
        return [self.decodekey(key) for key in self._data]  # pyrefly: ignore[missing-attribute]


_dict: Any = dict


class _Copy(MutableMapping, Dict[Any, Any]):  # type: ignore[type-arg,misc]
    """A copy of `os.environ`, with an eye on what is read of it: a `dict`, but for what that does without asking.

    Args:
        values: all of them.
    """

    def __init__(self, values: Mapping[Any, Any]) -> None:
        _dict.update(self, values)
        self._callers = {_name(key) for key in values}
        """The names of those that are as they were."""
        self._withheld = frozenset(programs.withheld)

    def __getitem__(self, key: Any) -> Any:
        if _name(key) in self._callers or key not in _dict.keys(self):
            _noted.note_read(key)
        return _dict.__getitem__(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._callers.discard(_name(key))
        _dict.__setitem__(self, key, value)

    def __delitem__(self, key: Any) -> None:
        self._callers.discard(_name(key))
        _dict.__delitem__(self, key)

    def __iter__(self) -> Iterator[Any]:
        if _starts_program(_asker()):
            return iter(self._for_program())
        _noted.note_all()
        return iter(list(_dict.keys(self)))

    def __len__(self) -> int:
        return len(self._for_program()) if _starts_program(_asker()) else _dict.__len__(self)

    def __repr__(self) -> str:
        return repr(dict(self))

    def __or__(self, other: Any) -> Any:
        return dict(self) | other  # type: ignore[operator]

    def __ror__(self, other: Any) -> Any:
        return other | dict(self)

    def __ior__(self, other: Any) -> Any:
        for key, value in dict(other).items():
            self[key] = value
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        return dict, (dict(self),)

    def copy(self) -> Dict[Any, Any]:
        twin: Any = _Copy({})
        _dict.update(twin, _dict.items(self))
        twin._callers, twin._withheld = {*self._callers}, self._withheld
        return twin

    def put_back(self, variables: _Noted) -> Dict[Any, Any]:
        """Gives variables the values that were copied. Returns what was set here."""
        for key, value in _dict.items(self):
            if _name(key) in self._callers:
                variables.put_back(key, value, is_withheld=self._is_withheld(key))
        return {key: value for key, value in _dict.items(self) if _name(key) not in self._callers}

    def _for_program(self) -> List[Any]:
        return [key for key in _dict.keys(self) if not self._is_withheld(key)]

    def _is_withheld(self, key: Any) -> bool:
        return _name(key) in self._callers and _name(key) in self._withheld


def _name(key: object) -> str:
    return os.fsdecode(key) if isinstance(key, (str, bytes)) else ""


def _starts_program(asker: Any) -> bool:
    return asker is not None and _module(asker) in _STARTERS


def _module(frame: Any) -> str:
    return str(frame.f_globals.get("__name__"))


def _asker() -> Any:
    """The frame of the code that asks, or for which the standard library does."""
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") in (__name__, *_PASSING_ON):
        frame = frame.f_back
    return frame


def _is_own(asker: Any) -> bool:
    """Whether it is onward that asks."""
    return asker is not None and _module(asker).startswith("onward.")


def told(variables: Variables) -> Dict[str, Any]:
    """The names, as a Python process' account has them."""
    names: List[str] = sorted(variables.read)
    return {"variables": names, "all_variables": variables.all_read}
