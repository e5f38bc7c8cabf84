"""What in a notebook's code can look at the code's own text, or at the numbers of its lines.

Where there is such a thing, a comment or an empty line may change what the notebook says, and so its text counts
as code does. Errors and warnings quote lines too; whether any was shown is seen only when the notebook runs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

_HISTORY = frozenset({"In", "_ih", "_i", "_ii", "_iii", "history_manager"})
_FRAMES = frozenset({
    "lineno", "f_lineno", "tb_lineno", "co_firstlineno", "co_lines", "co_positions", "__code__", "f_code", "gi_code",
    "cr_code", "currentframe", "_getframe", "findCaller", "parent_header", "get_parent", "settrace", "setprofile",
})  # fmt: skip
_MODULES = frozenset({
    "inspect", "traceback", "linecache", "dis", "icecream", "loguru", "executing", "varname", "sorcery", "snoop",
    "pysnooper", "birdseye", "stackprinter", "better_exceptions", "ipytest", "line_profiler", "memory_profiler",
    "heartrate", "dill",
})  # fmt: skip
"""Modules that read, print, profile or keep the text or the lines of those who call them."""
_MAGICS = frozenset({
    "history", "hist", "recall", "rep", "rerun", "save", "notebook", "macro", "pastebin", "edit", "psource", "pfile",
    "pycat", "debug", "pdb", "tb", "xmode", "lprun", "mprun", "memit", "prun", "logstart", "store", "pinfo2",
    "snakeviz", "pyinstrument", "heat", "ipytest",
})  # fmt: skip
_WORD = re.compile(r"%\(\s*(lineno|pathname|filename)\s*\)|\{[^{}]*\blineno\b[^{}]*\}")
"""How `logging` is told to write the line."""
_INPUT = re.compile(r"_i\d+\Z")


def quoting(tree: ast.Module | None, magics: Sequence[str]) -> list[tuple[str, int]]:
    """The names in a cell that may lead to its own text or lines, each with its line in the cell.

    Args:
        tree: the cell as Python; none where it is no Python, which says nothing.
        magics: its magics, as written.
    """
    found = [(f"%{name}", 1) for magic in magics if (name := _name_of(magic)) in _MAGICS]
    if tree is None:
        return found
    for node in ast.walk(tree):
        found += [(name, getattr(node, "lineno", 1)) for name in _names(node)]
    return found


def _name_of(magic: str) -> str:
    """`history` of `%history -n`, `lines = %history`, `%%prun`."""
    words = re.search(r"%{1,2}\s*(\w+)", magic)
    return words[1] if words else magic.split(maxsplit=1)[0] if magic.split() else ""


def _names(node: ast.AST) -> list[str]:
    """The names in one node that lead to text or lines."""
    if isinstance(node, ast.Name):
        is_input = node.id in _HISTORY or _INPUT.match(node.id) is not None
        return [node.id] if is_input or node.id in _FRAMES else []
    if isinstance(node, ast.Attribute):
        return [node.attr] if node.attr in _FRAMES or node.attr in _HISTORY else []
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        # As in `getattr(frame, "f_lineno")`, and as `logging` is told.
        return [node.value] if node.value in _FRAMES or _WORD.search(node.value) else []
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name.partition(".")[0] in _MODULES]
    if isinstance(node, ast.ImportFrom):
        if (node.module or "").partition(".")[0] in _MODULES:
            return [node.module or ""]
        return [alias.name for alias in node.names if alias.name in _FRAMES]
    return []
