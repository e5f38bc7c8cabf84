"""Which environment variables Python code reads.

No system call shows such a read, so `os.environ` is given a class that notes names. What the step itself has set
before does not count, nor what the standard library and packages ask about places that differ from user to user.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Callable, Dict, Iterator, List, Optional, Set, Tuple

from onward.runtime.watch.scope import root_of_packages

_PLACES = frozenset(
    {"HOME", "PATH", "PWD", "OLDPWD", "TMPDIR", "TEMP", "TMP", "USER", "LOGNAME", "SHELL"}
    # Ways into the network, from which nothing comes that could be pinned.
    | {"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
    | {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"}
)
_PASSING_ON = ("os", "_collections_abc", "collections.abc")
"""Modules through which `os.environ` is asked on somebody's behalf."""


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
        self._set: Set[str] = set()
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
        name = os.fsdecode(key) if isinstance(key, (str, bytes)) else ""
        if not name or name in self._set or name in self.read:
            return
        asker = _asker()
        if _is_own(asker):
            return
        if asker is not None and (id(asker), asker.f_lasti) == self._looks_through:
            return  # the value of a name that `note_all` has taken in
        if (name in _PLACES or name.startswith("XDG_")) and self._is_library(asker):
            return
        self.read[name] = None
        if self.tell is not None:
            self.tell({"variables": [name]})

    def note_all(self) -> None:
        """All variables are looked through; what libraries do so for is to hand them on."""
        asker = _asker()
        if asker is not None:
            self._looks_through = (id(asker), asker.f_lasti)
        if self.all_read or self._is_library(asker) or _is_own(asker):
            return
        self.all_read = True
        if self.tell is not None:
            self.tell({"all_variables": True})

    def note_set(self, key: object) -> None:
        """A variable is set or taken away: what is read of it from now on is the step's own."""
        if isinstance(key, (str, bytes)):
            self._set.add(os.fsdecode(key))

    def _is_library(self, asker: Any) -> bool:
        if asker is None:
            return True
        path = asker.f_code.co_filename
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
        _noted.note_all()
        return super().__iter__()

    def copy(self) -> Dict[Any, Any]:
        # As a rule a copy is handed on to a program, which is no reading.
        return {self.decodekey(key): self.decodevalue(value) for key, value in self._data.items()}  # pyrefly: ignore[missing-attribute]

    def __setitem__(self, key: Any, value: Any) -> None:
        _noted.note_set(key)
        super().__setitem__(key, value)

    def __delitem__(self, key: Any) -> None:
        _noted.note_set(key)
        super().__delitem__(key)


def _asker() -> Any:
    """The frame of the code that asks, or for which the standard library does."""
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") in (__name__, *_PASSING_ON):
        frame = frame.f_back
    return frame


def _is_own(asker: Any) -> bool:
    """Whether it is onward that asks."""
    return asker is not None and str(asker.f_globals.get("__name__")).startswith("onward.")


def told(variables: Variables) -> Dict[str, Any]:
    """The names, as a Python process' account has them."""
    names: List[str] = sorted(variables.read)
    return {"variables": names, "all_variables": variables.all_read}
