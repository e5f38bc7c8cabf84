"""What a step may read and write: everything, or where it is strict what its task says."""

from __future__ import annotations

import os
from typing import Any, Dict, Optional, Tuple


class Policy:
    """Nothing is forbidden."""

    is_strict = False
    may_connect = True
    """Whether other machines may be talked to."""

    def may_read(self, path: str) -> bool:
        return True

    def may_list(self, path: str) -> bool:
        return True

    def may_write(self, path: str) -> bool:
        return True

    def may_make_folder(self, path: str) -> bool:
        return True


class Strict(Policy):
    """What is not allowed is forbidden; each path stands for what is below it, too.

    Args:
        told: of a task; which words it may have is told by the package's docstring. What is `sealed` may not be written
            although it lies below one of `writes`: whichever is nearer to a path decides. Below `folders`, folders may
            be made all the same, for libraries make them where they look for their settings.
    """

    is_strict = True

    def __init__(self, told: Dict[str, Any]) -> None:
        reads, self._writes, self._sealed, self._folders = (
            tuple(path.rstrip("/") for path in told.get(word, ())) for word in ("reads", "writes", "sealed", "folders")
        )
        self._reads = (*reads, *self._writes)
        self.may_connect = bool(told.get("network"))

    def may_read(self, path: str) -> bool:
        return _nearest_above(path, self._reads) >= 0

    def may_list(self, path: str) -> bool:
        """A folder may be listed, too, where something in it may be read: it has to be found."""
        prefix = os.path.join(path, "")
        return self.may_read(path) or any(allowed.startswith(prefix) for allowed in self._reads)

    def may_write(self, path: str) -> bool:
        if "/__pycache__/" in f"{path}/":
            return True  # what Python keeps of sources stands for them
        allowed = _nearest_above(path, self._writes)
        return allowed >= 0 and allowed >= _nearest_above(path, self._sealed)

    def may_make_folder(self, path: str) -> bool:
        return self.may_write(path) or _nearest_above(path, self._folders) > _nearest_above(path, self._sealed)


def policy_of(strict: Optional[Dict[str, Any]]) -> Policy:
    """What a task says; None: everything is allowed."""
    return Policy() if strict is None else Strict(strict)


def _nearest_above(path: str, places: Tuple[str, ...]) -> int:
    """The length of the longest of the places that a path is, or lies below; -1 where it does not."""
    return max((len(place) for place in places if path == place or path.startswith(place + "/")), default=-1)
