"""Magics and shell lines of a cell made into Python, line for line, so that the whole cell parses.

A magic becomes the call that IPython itself makes of it; a magic around Python (`%time x = f()`, a `%%time`
cell) leaves the Python in its place, since that is what runs; names that a shell line takes in (`!wget
{url}`) become arguments of the call, since they are used. No line is added or dropped. It knows nothing of
notebooks.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from onward.languages.python.parse import OWN
from onward.model.code import Problem
from onward.model.ports import Grammar

_PYTHON_CELLS = {
    "time",
    "timeit",
    "capture",
    "prun",
    "memit",
    "mprun",
    "lprun",
    "snakeviz",
    "pyinstrument",
    "heat",
}
"""Cell magics whose body is Python of this kernel."""
_PYTHON_LINES = {"time", "timeit", "prun", "memit", "lprun", "mprun"}
_AUTOMAGIC = {
    "cd", "ls", "pwd", "mkdir", "rmdir", "rm", "cp", "mv", "cat", "pip", "conda", "mamba", "uv", "run",
    "load", "load_ext", "reload_ext", "matplotlib", "pylab", "time", "timeit", "env", "config", "autoreload",
    "who", "whos", "reset", "less",
}  # fmt: skip
_FILE_MAGICS = {"run", "load", "loadpy"}
_MAGIC = re.compile(r"%([A-Za-z_][\w.]*)[ \t]*(.*)\Z", re.DOTALL)
_ASSIGNED = re.compile(r"(?P<targets>[^=!%#]+?)\s*=\s*(?P<mark>!|%)(?P<rest>[^=].*)\Z", re.DOTALL)
_HELP = re.compile(r"(?P<mark>\?{1,2})?\s*(?P<name>%{0,2}[A-Za-z_*][\w.*\[\]]*)\s*(?P<end>\?{1,2})?\Z")
_TAKEN_IN = re.compile(r"\{([^{}]+)\}|\$([A-Za-z_]\w*)")


@dataclass(slots=True)
class InertCell:
    """A cell whose magics are calls.

    Attributes:
        code: Python with as many lines as the cell.
        magics: the lines, or the whole cell where its body is no Python, as written.
        files: what `%run` and `%load` name literally, with the line in the cell.
        wraps_lines: a magic stands around a line of Python (`%time f()`), which is in `code` without it.
    """

    code: str
    magics: list[str] = field(default_factory=list)
    files: list[tuple[str, int]] = field(default_factory=list)
    wraps_lines: bool = False


def inert(source: str, grammar: Grammar = OWN) -> InertCell:
    """The cell `source` with its magics, shell lines and requests for help made into calls."""
    lines = _unindented(source.split("\n"))
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    cell = InertCell("")
    if lines[first].lstrip().startswith("%%"):
        magic = re.match(r"%%\s*([^\s]*)[ \t]*(.*)\Z", lines[first].strip(), re.DOTALL)
        name, rest = magic.groups() if magic is not None else ("", "")
        if name not in _PYTHON_CELLS:
            body = "\n".join(lines[first + 1 :])
            cell.magics.append(source.strip("\n"))
            taken_in = rest + "\n" + body if name != "writefile" else rest
            call = _call("run_cell_magic", [name, rest, body], taken_in, grammar)
            cell.code = "\n".join([*[""] * first, call, *[""] * (len(lines) - first - 1)])
            return cell
        cell.magics.append(lines[first].strip())
        setup = rest if name == "timeit" and _is_python(rest, grammar) else ""
        lines[first] = setup or _call("run_line_magic", [name, rest], rest, grammar)
        done, rest_of = lines[: first + 1], lines[first + 1 :]
    else:
        done, rest_of = [], lines
    cell.code = "\n".join(done + _inert_lines(rest_of, cell, len(done), grammar))
    return cell


def _unindented(lines: list[str]) -> list[str]:
    """The lines as IPython takes them: without the indent or prompt that the first one begins with."""
    start = next((line for line in lines if line.strip()), "")
    if start.startswith((">>> ", "... ")):
        return [line[4:] if line.startswith((">>> ", "... ")) else line.removeprefix("...") for line in lines]
    indent = start[: len(start) - len(start.lstrip(" \t"))]
    return [line.removeprefix(indent) for line in lines] if indent else lines


def hides_output(code: str) -> bool:
    """Whether the last thing in a cell is a `;`, which keeps its value from being shown."""
    state = _Scan()
    last = ""
    for line in code.split("\n"):
        last = state.feed(line) or last
    return last == ";"


def _inert_lines(lines: list[str], cell: InertCell, before: int, grammar: Grammar) -> list[str]:
    done: list[str] = []
    state = _Scan()
    while len(done) < len(lines):
        line = lines[len(done)]
        if state.is_open:
            state.feed(line)
            done.append(line)
            continue
        taken = [line]
        if _may_be_magic(line, grammar):
            while taken[-1].endswith("\\") and len(done) + len(taken) < len(lines):
                taken.append(lines[len(done) + len(taken)])
        joined = "".join(part.removesuffix("\\") for part in taken[:-1]) + taken[-1]
        made = _inert_line(joined, cell, before + len(done) + 1, grammar)
        if made is None:
            state.feed(line)
            done.append(line)
            continue
        cell.magics.append("\n".join(taken).strip())
        if made.lstrip() and not made.lstrip().startswith("get_ipython"):
            state.feed(made)
        done.append(made)
        done.extend("" for _ in taken[1:])
    return done


def _may_be_magic(line: str, grammar: Grammar) -> bool:
    text = line.lstrip()
    return text.startswith(("%", "!")) or _ASSIGNED.match(text) is not None or _automagic(text, grammar) is not None


def _inert_line(line: str, cell: InertCell, number: int, grammar: Grammar) -> str | None:
    """What a logical line becomes, or None where it is Python as it stands."""
    text = line.lstrip()
    indent = line[: len(line) - len(text)]
    text = text.rstrip()
    if text.startswith("!!"):
        return indent + _call("getoutput", [text[2:]], text, grammar)
    if text.startswith("!"):
        return indent + _call("system", [text[1:]], text, grammar)
    if text.startswith("%") and not text.startswith("%%"):
        magic = _MAGIC.match(text)
        if magic is not None and not (magic[2].endswith("?") and not magic[2].rstrip("?")):
            return indent + _line_magic(magic[1], magic[2], cell, number, grammar)
    assigned = _ASSIGNED.match(text)
    if assigned is not None and _is_python(assigned["targets"] + " = 0", grammar) and not _is_python(text, grammar):
        return indent + _assigned(assigned, cell, number, grammar)
    asked = _HELP.match(text.removesuffix(";").rstrip())
    if asked is not None and (asked["mark"] or asked["end"]):
        return indent + _call("run_line_magic", ["pinfo", asked["name"]], "", grammar)
    automagic = _automagic(text, grammar)
    if automagic is not None:
        return indent + _line_magic(*automagic, cell, number, grammar)
    return None


def _line_magic(name: str, rest: str, cell: InertCell, number: int, grammar: Grammar) -> str:
    if name in _FILE_MAGICS:
        file = _file_of(name, rest)
        if file is not None:
            cell.files.append((file, number))
    if name in _PYTHON_LINES:
        statement = re.sub(r"\A(?:-[a-zA-Z](?:\s*[\w.]+)?\s+)+", "", rest)
        for python in (rest, statement):
            if python and _is_python(python, grammar):
                cell.wraps_lines = True
                return python
    return _call("run_line_magic", [name, rest], rest, grammar)


def _assigned(assigned: re.Match[str], cell: InertCell, number: int, grammar: Grammar) -> str:
    rest = assigned["rest"].strip()
    if assigned["mark"] == "!":
        value = _call("getoutput", [rest], rest, grammar)
    else:
        name, _, line = rest.partition(" ")
        value = _line_magic(name, line.strip(), cell, number, grammar)
    return f"{assigned['targets']} = {value}"


def _automagic(text: str, grammar: Grammar) -> tuple[str, str] | None:
    """A magic without its `%`, which IPython takes as one where the line is no Python."""
    word, _, rest = text.partition(" ")
    if word not in _AUTOMAGIC or not rest.strip() or rest.lstrip().startswith(("=", "(")):
        return None
    return None if _is_python(text, grammar) else (word, rest.strip())


def _file_of(name: str, rest: str) -> str | None:
    """The file that `%run` or `%load` names: the first word that is no option, where it is literal."""
    words = re.findall(r"\"[^\"]*\"|'[^']*'|\S+", rest)
    with_value = {"-r", "-s"} if name.startswith("load") else {"-m"}
    skip = False
    for word in words:
        if skip or word.startswith("-"):
            skip = word in with_value and not skip
            continue
        file = word.strip("\"'")
        if not file or re.search(r"[{}$]|://", file) or file.startswith("~"):
            return None
        has_ending = re.search(r"\.\w+$", file.rpartition("/")[2]) is not None
        return file if has_ending else file + ".py"
    return None


def _call(method: str, words: list[str], text: str, grammar: Grammar) -> str:
    """A call of IPython's, with the Python values that the text takes in as further arguments."""
    arguments = [repr(word) for word in words]
    arguments += [f"({found})" for found in _taken_in(text, grammar)]
    return f"get_ipython().{method}({', '.join(arguments)})"


def _taken_in(text: str, grammar: Grammar) -> list[str]:
    found: list[str] = []
    for match in _TAKEN_IN.finditer(text):
        expression = (match[1] or match[2]).strip()
        for python in (expression, expression.partition(":")[0].partition("!")[0].strip()):
            if python and "\n" not in python and _is_expression(python, grammar):
                found.append(python)
                break
    return list(dict.fromkeys(found))


def _is_python(text: str, grammar: Grammar) -> bool:
    return isinstance(_parsed(text, grammar), ast.Module)


def _is_expression(text: str, grammar: Grammar) -> bool:
    return "#" not in text and all(_is_one_value(whole, grammar) for whole in (f"({text}\n)", f"f({text})"))


def _is_one_value(text: str, grammar: Grammar) -> bool:
    tree = _parsed(text, grammar)
    return isinstance(tree, ast.Module) and [type(statement) for statement in tree.body] == [ast.Expr]


def _parsed(text: str, grammar: Grammar) -> ast.Module | Problem:
    try:
        return grammar.parse(text.encode(), cells=True, compiles=False)
    except UnicodeEncodeError:
        return Problem("the text is not UTF-8")


class _Scan:
    """Follows strings, brackets and continued lines, to tell where a logical line begins."""

    def __init__(self) -> None:
        self.quote = ""
        self.depth = 0
        self.continued = False

    @property
    def is_open(self) -> bool:
        return bool(self.quote) or self.depth > 0 or self.continued

    def feed(self, line: str) -> str:
        """Take in one line; gives its last character that is code, or an empty text where there is none."""
        last = ""
        index = 0
        self.continued = False
        while index < len(line):
            if self.quote:
                index = self._in_string(line, index)
                last = "'"
                continue
            letter = line[index]
            if letter == "#":
                break
            if letter in "'\"":
                self.quote = line[index : index + 3] if line[index : index + 3] == letter * 3 else letter
                last = letter
                index += len(self.quote)
                continue
            if letter == "\\" and index == len(line) - 1:
                self.continued = True
            self.depth = max(0, self.depth + (letter in "([{") - (letter in ")]}"))
            last = last if letter.isspace() else letter
            index += 1
        if len(self.quote) == 1 and not line.endswith("\\"):
            self.quote = ""  # a plain string ends with its line, closed or not
        return last

    def _in_string(self, line: str, index: int) -> int:
        if line[index] == "\\":
            return index + 2
        if line.startswith(self.quote, index):
            index += len(self.quote)
            self.quote = ""
            return index
        return index + 1
