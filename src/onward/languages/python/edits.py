"""Which statements an edit is in, of two states of the same code; and through which names a step reaches it.

`closure` says that a name of a step's code counts otherwise than before. Here the two states are held against each
other, statement by statement: what was changed, added or taken away; and where a statement is what it was, but a
name in it leads elsewhere, what was edited there. Reads the same tables; lines are found by whoever has the text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from heapq import heappop, heappush

import msgspec

from onward.languages.python.closure import IMPORTED, REPLACED, Linker, start_of
from onward.languages.python.nodes import Node, Part
from onward.languages.python.symbols import SymbolTable, Unit
from onward.model.code import Problem

_WORD = re.compile(r"\w+")
_COSTS = {"symbol": 1, "metadata": 1, "dynamic": 1}
_OTHER_COST = 8
"""A way by names is told rather than one by imports, which are nearly always shorter and tell nothing."""


class Statement(msgspec.Struct, frozen=True, array_like=True):
    """A top-level statement, by its file and its line; line 0 is the file as a whole."""

    path: str
    line: int


class Edit(msgspec.Struct, frozen=True):
    """A statement before and after; None where it was not there, or is no more."""

    before: Statement | None
    after: Statement | None


class Code:
    """One state of the code that a step can import.

    Args:
        linker: follows names through it.
        files: the workspace paths of all its files.
    """

    def __init__(self, linker: Linker, files: frozenset[str]) -> None:
        self.linker = linker
        self.files = files
        self._named: tuple[tuple[str, str | None], dict[str, Node]] = (("", None), {})
        self._known = 0
        self._into: dict[Node, list[Node]] = {}
        self._hops: dict[Node, dict[Node, Node]] = {}

    def table(self, path: str) -> SymbolTable | Problem | None:
        """The table of a file, or why it has none; None where there is no such file."""
        return self.linker.table(path) if path in self.files else None

    def nodes(self, path: str, symbol: str | None) -> dict[str, Node]:
        """What the names in the closure of a step stand for; nothing, where its file is none of this state."""
        if self._named[0] != (path, symbol):
            self._named = (path, symbol), self.linker.nodes(path, symbol) if path in self.files else {}
        return self._named[1]

    def way(self, path: str, symbol: str | None, target: Node) -> list[Node]:
        """How a step comes to a node that it reaches, both included: by names where it can, else by imports."""
        start, reached = start_of(path, symbol), self.linker.reached(path, symbol)
        if target.kind == "order":
            target = Node("import", target.path)
        if target not in reached:
            return [start]
        way = self._along(start, target)
        if way[-1] != target:
            # nothing leads there by itself: something that is reached makes everything of the kind count
            dynamic = sorted(node for node in reached if node.kind == "dynamic")
            ways = [self._along(start, node) for node in dynamic]
            way = [*next((found for found in ways if len(found) > 1), way), target]
        return way

    def _along(self, start: Node, target: Node) -> list[Node]:
        """The nodes from one to another; the first alone where nothing leads there."""
        hops = self._hops_to(target)
        way = [start]
        while way[-1] != target and way[-1] in hops:
            way.append(hops[way[-1]])
        return way

    def _hops_to(self, target: Node) -> dict[Node, Node]:
        """For each node that leads to `target` the next one on the way there. Asked once for all steps."""
        incoming = self._incoming()
        if target not in self._hops:
            hops: dict[Node, Node] = {}
            costs = {target: 0}
            queue = [(0, target)]
            while queue:
                cost, node = heappop(queue)
                if cost > costs[node]:
                    continue
                total = cost + _COSTS.get(node.kind, _OTHER_COST)
                for other in incoming.get(node, ()):
                    if other not in costs or total < costs[other]:
                        costs[other] = total
                        hops[other] = node
                        heappush(queue, (total, other))
            self._hops[target] = hops
        return self._hops[target]

    def _incoming(self) -> dict[Node, list[Node]]:
        """For each node those that lead to it, of all that has been reached so far."""
        known = self.linker.known()
        if len(known) != self._known:
            self._known = len(known)
            self._into = {}
            self._hops = {}
            for node in sorted(known):
                for other in self.linker.edges(node):
                    self._into.setdefault(other, []).append(node)
        return self._into


class Comparison:
    """Two states of the code that a step imports, `before` and `after` an edit."""

    def __init__(self, before: Code, after: Code) -> None:
        self.before = before
        self.after = after
        self._edits: dict[Node, list[Edit]] = {}

    def edits(self, path: str, symbol: str | None, name: str) -> list[Edit]:
        """What was edited that makes a name of the code of a step count otherwise, the most telling first.

        Empty where that cannot be told, as when `name` is none of Python's.
        """
        new = self.after.nodes(path, symbol)
        if name in new and (found := self._edits_of(new[name])):
            return found  # without a look at all that the step reached before
        old = self.before.nodes(path, symbol)
        node = new.get(name) or old.get(name)
        if node is None:
            is_list = name in (IMPORTED, REPLACED)
            return self._anywhere(path, symbol, start_of(path, symbol)) if is_list else []
        if name not in new and (found := self._edits_of(node)):
            return found
        # it is what it was, and is reached now or is no more: what leads there was edited
        side = self.after if name in new else self.before
        for each in reversed(side.way(path, symbol, node)[:-1]):
            if found := self._edits_of(each):
                return found
        return self._anywhere(path, symbol, node)

    def tells_apart(self, path: str, symbol: str | None, name: str) -> bool:
        """Whether a name of the code of a step counts otherwise here."""
        sides = [side for side in (self.before, self.after) if path in side.files]
        return len({side.linker.closure(path, symbol).symbols.get(name) for side in sides}) > 1 or len(sides) < 2

    def definition(self, path: str, name: str) -> list[Edit]:
        """The statement that defines a name of a file, before and after, whether or not its code differs."""
        old, new = (self._statement(side, path, name) for side in (self.before, self.after))
        return [] if old is None and new is None else [Edit(old, new)]

    def _statement(self, side: Code, path: str, name: str) -> Statement | None:
        table = side.table(path)
        numbers = table.names.get(name, ()) if isinstance(table, SymbolTable) else ()
        return Statement(path, table.units[numbers[-1]].line) if isinstance(table, SymbolTable) and numbers else None

    def way(self, path: str, symbol: str | None, name: str) -> list[str]:
        """The names through which a step comes to a name of its code, its own first; in the state that has it."""
        for side in (self.after, self.before):
            nodes = side.nodes(path, symbol)
            if name in nodes:
                way = side.way(path, symbol, nodes[name])
                shown = [node for node in way[:-1] if node.kind not in ("dynamic", "external")]
                names = side.linker.names(path, symbol, shown)
                return list(dict.fromkeys([*_without_imports(names, name), name]))
        return []

    def _edits_of(self, node: Node) -> list[Edit]:
        """The statements of a node that were edited; none where these are what they were."""
        if node not in self._edits:
            self._edits[node] = self._compare(node)
        return self._edits[node]

    def _compare(self, node: Node) -> list[Edit]:
        if not node.path:
            return []
        tables = self.before.table(node.path), self.after.table(node.path)
        old, new = tables
        if old is None or new is None:
            return [_whole_file(node.path, is_before=old is not None, is_after=new is not None)]
        if isinstance(old, Problem) or isinstance(new, Problem) or node.kind == "source":
            is_same = self.before.linker.digest(node.path) == self.after.linker.digest(node.path)
            return [] if is_same else [_whole_file(node.path)]
        before, after = self.before.linker.parts(node), self.after.linker.parts(node)
        told_apart = list(_pairs(node.path, before, after))
        counted = {side for edit, _ in told_apart for side in _sides(edit)}
        touched = [edit for edit in _touched(node.path, old, new) if counted.intersection(_sides(edit))]
        if touched:
            return touched
        # a statement can count otherwise than before for what its decorators or bases do
        words = self._words(node) | {word for _, unit in told_apart for word in _names_above(unit)}
        return self._led_elsewhere(node.path, words) if words else []

    def _words(self, node: Node) -> set[str]:
        """The words in what a node's names led to before or do now, where that differs."""
        facts = [
            {fact for part in side.linker.parts(node) for fact in part.facts} if side.table(node.path) else set[str]()
            for side in (self.before, self.after)
        ]
        return {word for fact in facts[0] ^ facts[1] for word in _WORD.findall(fact)}

    def _led_elsewhere(self, path: str, words: set[str]) -> list[Edit]:
        """The edits that may have made the names of a file lead elsewhere: of statements that have to do with the words
        in what they lead to, in the file itself first; of files that are called so.
        """
        found = [edit for edit, unit in self._edited_in(path) if _concerns(unit, words)]
        if found:
            return found
        others = [each for each in self._changed_files if each != path]
        for each in others:
            if each in self.before.files and each in self.after.files:
                found += [edit for edit, unit in self._edited_in(each) if _concerns(unit, words)]
        both = self.before.files & self.after.files
        found += [self._file_edit(each) for each in others if each not in both and words & set(_WORD.findall(each))]
        return found

    def _anywhere(self, path: str, symbol: str | None, node: Node) -> list[Edit]:
        """All that was edited in files that a step imports; in the file of the node first."""
        files = {each.path for side in (self.before, self.after) if path in side.files
                 for each in side.linker.reached(path, symbol) if each.kind == "import"}  # fmt: skip
        changed = sorted(self._changed_files, key=lambda each: (each != node.path, each not in files, each))
        found: list[Edit] = []
        for each in changed:
            if each in self.before.files and each in self.after.files:
                found += [edit for edit, _ in self._edited_in(each)] or [_whole_file(each)]
            else:
                found.append(self._file_edit(each))
        return found

    @cached_property
    def _changed_files(self) -> list[str]:
        both = self.before.files & self.after.files
        pairs = ((path, self.before.table(path), self.after.table(path)) for path in both)
        changed = [path for path, old, new in pairs if old is not new and old != new]
        return sorted([*changed, *(self.before.files ^ self.after.files)])

    def _file_edit(self, path: str) -> Edit:
        return _whole_file(path, is_before=path in self.before.files, is_after=path in self.after.files)

    def _edited_in(self, path: str) -> Iterator[tuple[Edit, Unit]]:
        """The statements of a file that were edited."""
        old, new = self.before.table(path), self.after.table(path)
        if isinstance(old, SymbolTable) and isinstance(new, SymbolTable):
            before = [Part(unit, unit.digest) for unit in old.units]
            after = [Part(unit, unit.digest) for unit in new.units]
            yield from _pairs(path, before, after)


def _whole_file(path: str, *, is_before: bool = True, is_after: bool = True) -> Edit:
    whole = Statement(path, 0)
    return Edit(whole if is_before else None, whole if is_after else None)


def _sides(edit: Edit) -> Iterator[tuple[str, Statement]]:
    if edit.before is not None:
        yield "before", edit.before
    if edit.after is not None:
        yield "after", edit.after


def _touched(path: str, before: SymbolTable, after: SymbolTable) -> Iterator[Edit]:
    """The statements of a file that were changed, added, taken away or moved."""
    from difflib import SequenceMatcher

    rows = [[f"{unit.digest} {unit.metadata}" for unit in table.units] for table in (before, after)]
    gone: list[Part] = []
    come: list[Part] = []
    for kind, first, last, new_first, new_last in SequenceMatcher(None, *rows, autojunk=False).get_opcodes():
        if kind != "equal":
            # told apart by their places, for one that was moved is what it was
            gone += [Part(unit, f"old {unit.line}") for unit in before.units[first:last]]
            come += [Part(unit, f"new {unit.line}") for unit in after.units[new_first:new_last]]
    for edit, _ in _pairs(path, gone, come):
        yield edit


def _names_above(unit: Unit) -> set[str]:
    """The names of the decorators and base classes of which other files decide what they do."""
    return {word for decoration in unit.decorations for word in decoration.chain} | {
        word for base in unit.bases for word in base
    }


def _pairs(path: str, before: Sequence[Part], after: Sequence[Part]) -> Iterator[tuple[Edit, Unit]]:
    """The statements that only one side has, in their order: a changed one with what it was, by the names it binds."""
    gone = list(_only_in(before, after))
    come = list(_only_in(after, before))
    for unit in come:
        same = next((old for old in gone if old.binds == unit.binds), None) or next(
            (old for old in gone if set(old.binds) & set(unit.binds)), None
        )
        if same is None and len(gone) == len(come) == 1:
            same = gone[0]
        if same is not None:
            gone.remove(same)
        was = Statement(path, same.line) if same is not None else None
        yield Edit(was, Statement(path, unit.line)), unit
    for unit in gone:
        yield Edit(Statement(path, unit.line), None), unit


def _only_in(parts: Iterable[Part], others: Iterable[Part]) -> Iterator[Unit]:
    counts = Counter(part.digest for part in others)
    for part in parts:
        counts[part.digest] -= 1
        if counts[part.digest] < 0 and part.digest and part.unit is not None:
            yield part.unit


def _concerns(unit: Unit, words: set[str]) -> bool:
    """Whether a statement binds or imports something of these words."""
    if words.intersection(unit.binds):
        return True
    items = (*unit.imports, *unit.found.imports)
    return any(item.name == "*" or words.intersection(_WORD.findall(f"{item.target} {item.name}")) for item in items)


def _without_imports(names: Sequence[str], last: str) -> list[str]:
    """Names on a way without the imports that only lead to what the next name is of."""
    kept = []
    for name, following in zip(names, [*names, last][1:], strict=True):
        module = name.removesuffix(" (import)")
        if module == name or not following.startswith(module):
            kept.append(name)
    return kept
