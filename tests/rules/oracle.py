"""Runs one function of a workspace's file in this fresh interpreter, and prints what came out, or how it failed.

Knows nothing of onward's reading of code: this is the truth that the reading is held against.

    python oracle.py <root> <path of the step's file> <function> <import root>...
"""

from __future__ import annotations

import importlib.util
import logging
import sys
from pathlib import Path


def shown(value: object, depth: int = 0) -> str:
    """A value as text without addresses."""
    if isinstance(value, (list, tuple)) and depth < 5:
        return f"{type(value).__name__} [{', '.join(shown(item, depth + 1) for item in value)}]"
    if isinstance(value, dict) and depth < 5:
        return f"dict {[(shown(key, depth + 1), shown(item, depth + 1)) for key, item in value.items()]}"
    if value is None or isinstance(value, (bool, int, float, str)):
        return f"{type(value).__name__} {value!r}"
    if type(value).__module__.startswith("pandas"):
        return str(value)
    return type(value).__qualname__


def outcome(root: str, path: str, function: str, roots: list[str]) -> str:
    sys.path[:0] = [str(Path(root, place)) for place in roots]
    sys.dont_write_bytecode = True
    logging.disable(logging.CRITICAL)
    try:
        name = path.removesuffix(".py").replace("/", ".")
        spec = importlib.util.spec_from_file_location(name, Path(root, path))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        made = getattr(module, function)()
        return f"gives {shown(made).replace(root, '<root>')}"
    except BaseException as error:  # however user code fails, that is its outcome
        return f"fails with {type(error).__name__}"


if __name__ == "__main__":
    print(outcome(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]))
