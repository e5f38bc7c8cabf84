"""What the code of a step is made of: things that can be reached, and what led to more of them than names show."""

from __future__ import annotations

import msgspec

from onward.base.digest import Digest
from onward.languages.python.symbols import Unit
from onward.languages.python.uses import Use

ANY_MODULE = "every module that it can mean counts"


class Widening(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Code that counts although no name led to it: `what` is named as in `Closure.symbols`.

    `path` and `line` are where the code stands that leaves no choice (line 0: the file as a whole); `rule` is the word
    for what it does: the kind of a `uses.Dynamic`, or `unknown`, `unread`, `circle`, `shadow`.
    """

    what: str
    why: str
    line: int
    path: str = ""
    rule: str = ""


class Closure(msgspec.Struct, frozen=True):
    """The code of one step.

    Attributes:
        symbols: name -> digest of that one symbol's own meaning and of what its names lead to. Nothing else
            counts.
        widened: where more counts than names can show, and why.
        files: workspace paths of all modules that are imported on the way, sorted.
        externals: top-level names of the modules imported from outside of the workspace, sorted.
    """

    symbols: dict[str, Digest]
    widened: tuple[Widening, ...]
    files: tuple[str, ...]
    externals: tuple[str, ...]

    @property
    def computes_imports(self) -> bool:
        """Whether code on the way imports modules whose names only running it shows."""
        return any(item.why.endswith(ANY_MODULE) for item in self.widened)


class Node(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Something that can be reached.

    `kind`: `symbol` and `metadata` (of `name` in `path`), `import` (the file is imported), `whole` (all of
    it), `open` (all that it can reach), `source` (its bytes), `top level` and `outcome` (what its import
    does, and needs), `external` (`name` is a module), `missing` (`name` leads nowhere),
    `builtin`, and `dynamic` (`name` is the kind of `uses.Dynamic`), which concerns the closure as a whole.
    Of these a closure has besides: `order` (of the statements of `path` that bind the words of `name`).
    """

    kind: str
    path: str
    name: str = ""


class Part(msgspec.Struct, frozen=True):
    """What one top-level statement gives to a node.

    Attributes:
        unit: the statement; None for what no statement of the file gives.
        digest: of the statement, as far as it counts there; empty where only what it leads to does.
        facts: where its names lead, and what has to be there for that.
    """

    unit: Unit | None
    digest: Digest
    facts: tuple[str, ...] = ()


def fact(use: Use, targets: list[Node]) -> str:
    """What a name means, as a fact: in the order of its bindings, of which the last one is had."""
    meant = dict.fromkeys(meaning(target, use) for target in targets)
    return f"{use.origin}:{'.'.join(use.chain)} = {' | '.join(meant)}"


def meaning(target: Node, use: Use | None) -> str:
    """A target as a fact. What lies below an external name stands in the code itself, as written."""
    if target.kind == "external" and use is not None:
        return f"external {target.name}"
    return f"{target.kind} {target.path} {target.name}"
