"""Bytes of Python to a syntax tree, or to the reason why there is none, by the grammar of this very Python.

Takes bytes and no text, because an encoding cookie and a byte order mark are part of the language. What the
tree means is the matter of `normal` and `symbols`.
"""

from __future__ import annotations

import ast
import sys
import warnings

from onward.model.code import Problem

_TOP_LEVEL_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


def grammar_name(implementation: str, version: str) -> str:
    """What two Pythons that read a text alike have in common; `version` is such as `3.13.0`."""
    return f"{implementation} {'.'.join(version.split('.')[:2])}"


class OwnGrammar:
    """The grammar of the Python that runs onward."""

    name = grammar_name(sys.implementation.name, sys.version.split()[0])

    def parse(self, content: bytes, *, cells: bool = False, compiles: bool = True) -> ast.Module | Problem:
        """The syntax tree of a file, or why Python would refuse it.

        The tree is compiled once as well: a `return` at top level or a duplicate argument is found by the
        compiler alone, and an import of such a file fails all the same.

        Cost: parses and compiles; about as long as Python's own import of the file without its bytecode cache.
        """
        flags = _TOP_LEVEL_AWAIT if cells else 0
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = compile(content, "<code>", "exec", flags | ast.PyCF_ONLY_AST, dont_inherit=True)
                if compiles:
                    compile(tree, "<code>", "exec", flags, dont_inherit=True)
        except SyntaxError as error:
            return Problem(error.msg or "invalid syntax", error.lineno or 0, error.offset or 0)
        except (RecursionError, MemoryError):
            return Problem("the code is nested too deeply")
        except (ValueError, OverflowError) as error:
            # null bytes on 3.11, numbers and texts that Python cannot hold
            return Problem(str(error))
        return tree


OWN = OwnGrammar()
parse = OWN.parse
