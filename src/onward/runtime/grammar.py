"""Reads Python as this interpreter does, for an onward that runs in another one: source text in, a tree out.

Started as a file of its own. On standard input come requests, on standard output goes one answer to each:

    <- flags (1 byte), length (8 bytes, big end first), the source as bytes
    -> length (8 bytes), JSON: {"problem": [message, line, column]}
                               {"kinds": [[name, base, [field, ...]], ...], "nodes": [[kind, place, value, ...], ...]}

A tree is a flat list of its nodes, children before parents, so that no depth of nesting matters to whoever reads
it. A value is null, a text, a list of values, the number of a node, or an object that names a type (`{"int":
"ff"}`). `place` is null or where the node stands: line, column, and the same of its end.

Knows nothing of what the code means, nor of who asks.
"""

from __future__ import annotations

import ast
import json
import sys
import warnings
from typing import Any, BinaryIO, Dict, List, Optional, Tuple

CELLS = 1
"""`await` may stand at top level."""
COMPILES = 2
"""The tree is compiled as well: some mistakes are found by the compiler alone."""
_PLACE = ("lineno", "col_offset", "end_lineno", "end_col_offset")


def answer(content: bytes, flags: int) -> Dict[str, Any]:
    """The tree of a source text, or why Python refuses it."""
    mode = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if flags & CELLS else 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = compile(content, "<code>", "exec", mode | ast.PyCF_ONLY_AST, dont_inherit=True)
            if flags & COMPILES:
                compile(tree, "<code>", "exec", mode, dont_inherit=True)
        return flat(tree)
    except SyntaxError as error:
        return {"problem": [error.msg or "invalid syntax", error.lineno or 0, error.offset or 0]}
    except (RecursionError, MemoryError):
        return {"problem": ["the code is nested too deeply", 0, 0]}
    except (ValueError, OverflowError) as error:
        return {"problem": [str(error), 0, 0]}


def flat(tree: ast.AST) -> Dict[str, Any]:
    """A tree as a flat list of its nodes; the last one is its root."""
    kinds: Dict[type, int] = {}
    told: List[List[Any]] = []
    nodes: List[List[Any]] = []
    numbers: Dict[int, int] = {}
    pending: List[Tuple[ast.AST, bool]] = [(tree, False)]
    while pending:
        node, is_ready = pending.pop()
        if id(node) in numbers:
            continue  # `Load()` and its like are one object in many places
        if not is_ready:
            pending.append((node, True))
            pending.extend((child, False) for child in ast.iter_child_nodes(node))
            continue
        kind = type(node)
        if kind not in kinds:
            kinds[kind] = len(kinds)
            told.append([kind.__name__, kind.__mro__[1].__name__, list(node._fields)])
        values = [_value(getattr(node, name, None), numbers) for name in node._fields]
        numbers[id(node)] = len(nodes)
        nodes.append([kinds[kind], _place(node), *values])
    return {"kinds": told, "nodes": nodes}


def _place(node: ast.AST) -> Optional[List[int]]:
    if not hasattr(node, "lineno"):
        return None
    return [getattr(node, name, None) or 0 for name in _PLACE]


def _value(value: Any, numbers: Dict[int, int]) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, ast.AST):
        return numbers[id(value)]
    if isinstance(value, list):
        return [_value(item, numbers) for item in value]
    if isinstance(value, bool):
        return {"bool": value}
    if isinstance(value, int):
        return {"int": f"{value:x}"}  # decimal digits of a huge number are refused by Python
    if isinstance(value, float):
        return {"float": value.hex()}
    if isinstance(value, complex):
        return {"complex": [value.real.hex(), value.imag.hex()]}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if value is Ellipsis:
        return {"ellipsis": True}
    raise ValueError(f"a literal of the type `{type(value).__name__}`")


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answers until nothing more is asked."""
    while True:
        head = requests.read(9)
        if len(head) < 9:
            return
        content = requests.read(int.from_bytes(head[1:], "big"))
        text = json.dumps(answer(content, head[0]), separators=(",", ":")).encode("ascii")
        answers.write(len(text).to_bytes(8, "big") + text)
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
