"""Bytes of Python to a syntax tree, or to the reason why there is none.

Takes bytes and no text, because an encoding cookie and a byte order mark are part of the language. What the
tree means is the matter of `normal` and `symbols`.
"""

from __future__ import annotations

import ast
import warnings

from onward.model.code import Problem

_TOP_LEVEL_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


def parse(content: bytes, *, cells: bool = False) -> ast.Module | Problem:
    """The syntax tree of a file, or why Python would refuse it.

    The tree is compiled once as well: a `return` at top level or a duplicate argument is found by the
    compiler alone, and an import of such a file fails all the same. With `cells`, `await` may stand at top
    level.

    Cost: parses and compiles; about as long as Python's own import of the file without its bytecode cache.
    """
    flags = _TOP_LEVEL_AWAIT if cells else 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = compile(content, "<code>", "exec", flags | ast.PyCF_ONLY_AST, dont_inherit=True)
            compile(tree, "<code>", "exec", flags, dont_inherit=True)
    except SyntaxError as error:
        return Problem(error.msg or "invalid syntax", error.lineno or 0, error.offset or 0)
    except (RecursionError, MemoryError):
        return Problem("the code is nested too deeply")
    except (ValueError, OverflowError) as error:
        # null bytes on 3.11, numbers and texts that Python cannot hold
        return Problem(str(error))
    return tree
