"""How a widening is narrowed: for each rule of `closure.Widening` one thing to change in the code."""

from __future__ import annotations

from onward.languages.python.nodes import Widening

_HINTS = {
    "open": "name what is needed (`module.name`): no `globals()`, `eval` or `exec`, and no module handed on as a value",
    "module": "write the name out, or look it up in a dictionary that lists what it can be",
    "import": "write the module's name out, or begin it with a fixed text (`f'acme.models.{name}'`): then only what"
    " lies below that counts",
    "frames": "hand the values over as arguments, so that nothing has to look for names in who called it",
    "modules": "import the module in this file by its name, and do not look into `sys.modules`",
    "metadata": "keep what is read from docstrings, annotations or signatures in a constant, and read that",
    "source": "do without the text and the line numbers of code, or write down what is read from them",
    "unknown": "define the name in this file, or import it by name",
    "unread": "mend the file",
    "circle": "move what the files share into one that imports neither of them",
    "shadow": "give the file another name than a library's module has",
}
RULES = frozenset(_HINTS)


def hint(widening: Widening) -> str:
    """What to change so that less counts."""
    return _HINTS[widening.rule]
