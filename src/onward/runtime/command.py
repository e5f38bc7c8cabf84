"""Runs one command: any program, in the folder of the `onward.toml` that declares it, with a fixed set of variables.

What it prints goes on line by line, so that it stands in the log with its times; its last lines are kept for whoever
asks why it failed. No shell but `sh` is ever started, and none where the command is a list of arguments.
"""

from __future__ import annotations

import os
import re
import selectors
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from typing import Any, Deque, Dict, List, Optional, Tuple, Union

from onward.runtime import programs
from onward.runtime.own_files import own_open, own_stat

Result = Dict[str, Any]
CommandLine = Union[str, List[str]]

_INSTALLED_BY = {
    "Rscript": "R (Debian: `apt-get install r-base-core`; conda: `conda install r-base`)",
    "R": "R (Debian: `apt-get install r-base-core`; conda: `conda install r-base`)",
    "julia": "Julia (https://julialang.org/downloads)",
    "quarto": "Quarto (https://quarto.org/docs/download)",
    "node": "Node.js (Debian: `apt-get install nodejs`)",
    "duckdb": "DuckDB's command line (https://duckdb.org/docs/installation)",
    "sqlite3": "SQLite's command line (Debian: `apt-get install sqlite3`)",
    "pdflatex": "LaTeX (Debian: `apt-get install texlive-latex-base`)",
    "make": "make (Debian: `apt-get install make`)",
}
_NOT_FOUND = re.compile(r"(?:^|: )([^:]+): (?:command )?not found$")
_KEPT_LINES = 20
_LONGEST_LINE = 1 << 16
_CLOCK_GRAIN_S = 0.02
"""Two changes of a file within this time may leave it with equal times."""
_SHORTEST_HIDDEN = 4
"""A value of fewer letters stands in texts by chance."""


class CommandError(Exception):
    """Why a command did not do what it was to do; `hint` says what to do about it, `said` is what it printed last."""

    def __init__(self, kind: str, message: str, hint: Optional[str] = None, said: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.hint = hint
        self.said = said


def run(task: Dict[str, Any]) -> Result:
    """Runs the command of a task, in the folder that this process is in.

    Returns:
        `{"ok": True, "written": {}}`: what it made are the files that it wrote; or `{"ok": False, "error": ...}`.
    """
    # No code of the workspace runs in this process, and none of its files may stand in for a library's module.
    sys.path[:] = [place for place in sys.path if place not in task["roots"]]
    try:
        _require_inputs(task["needed"])
        command = filled_in(task["command"], _paths_of(task))
        before = _states(task["promised"])
        _make_folders(task["promised"])
        _let_time_pass(before)
        given = variables(task)
        for name in given:
            programs.withheld.pop(name, None)
        _run(command, given, _hidden(task), task)
        _require_outputs(before)
    except CommandError as error:
        traceback = f"{error.said}\n{error.message}\n" if error.said else ""
        described = {"type": error.kind, "message": error.message, "traceback": traceback}
        return {"ok": False, "error": {**described, "file": None, "line": None, "hint": error.hint}}
    return {"ok": True, "written": {}}


def variables(task: Dict[str, Any]) -> Dict[str, str]:
    """The variables of the program: those of every command, those that are handed on, and those that are set."""
    names = [*programs.VARIABLES, *task["passed"]]
    found = {name: os.environ[name] for name in names if name in os.environ}
    folder = os.path.dirname(task["python"])
    places = found.get("PATH", os.defpath).split(os.pathsep)
    if folder not in places:
        places.insert(0, folder)
    found["PATH"] = os.pathsep.join(places)
    return {**found, **programs.SET_FOR_ALL, **task["variables"], **task["env"]}


def filled_in(command: CommandLine, paths: Dict[str, List[str]]) -> CommandLine:
    """The command line with each `{name}` as the paths that it stands for.

    Raises:
        CommandError: several files are to be a part of one argument.
    """
    for name, found in paths.items():
        mark = "{" + name + "}"
        if isinstance(command, str):
            quoted = " ".join(map(shlex.quote, found))
            command = re.sub(r"([\"']?)" + re.escape(mark) + r"\1", lambda _, text=quoted: text, command)
            continue
        words: List[str] = []
        for word in command:
            if word == mark:
                words += found
            elif mark in word and len(found) != 1:
                raise CommandError(
                    "SeveralFiles",
                    f"`{mark}` stands for {len(found)} files, which cannot be a part of the argument `{word}`",
                    f"write `{mark}` as an argument of its own",
                )
            else:
                words.append(word.replace(mark, found[0]) if found else word)
        command = words
    return command


def _paths_of(task: Dict[str, Any]) -> Dict[str, List[str]]:
    found = {}
    for name in task["names"]:
        handed = task["inputs"][name]
        if handed["form"] == "nothing":
            raise CommandError("MissingInput", f"`{name}` was not made by its step")
        found[name] = handed["paths"] if handed["form"] == "source" else [handed["path"]]
    return found


# What it takes and gives


def _require_inputs(needed: List[str]) -> None:
    for path in needed:
        if any(letter in path for letter in "*?[") or os.path.exists(path):
            continue
        close = _nearest(path.rstrip("/"), _beside(path))
        hint = f"write `{close}`" if close else "make it, or take it out of `inputs`"
        if not close and "/" not in path:
            hint = f"if `{path}` is an asset or a source, write `{{{path}}}` where the command takes its file"
        raise CommandError("MissingInput", f"`inputs` names `{path}`, and there is no such file or folder", hint)


def _states(promised: List[str]) -> Dict[str, Optional[Tuple[int, ...]]]:
    return {path: _state(path) for path in promised}


def _state(path: str) -> Optional[Tuple[int, ...]]:
    """What tells a file from what it was; None where there is none that can be read."""
    try:
        status = own_stat(os.path.abspath(path))
    except OSError:
        return None
    return status.st_ctime_ns, status.st_mtime_ns, status.st_size, status.st_ino


def _make_folders(promised: List[str]) -> None:
    for folder in {os.path.dirname(path) for path in promised} - {""}:
        os.makedirs(folder, exist_ok=True)


def _let_time_pass(states: Dict[str, Optional[Tuple[int, ...]]]) -> None:
    """Sees to it that a file which is written from now on has another time than now."""
    newest = max((state[0] for state in states.values() if state is not None), default=0) / 1e9
    time.sleep(min(max(newest + _CLOCK_GRAIN_S - time.time(), 0.0), _CLOCK_GRAIN_S))


def _require_outputs(before: Dict[str, Optional[Tuple[int, ...]]]) -> None:
    for path, state in before.items():
        now = _state(path)
        if now is not None and now != state:
            continue
        message = f"the command ended well and did not write `{path}`, which `outputs` names"
        if now is not None:
            message += ": the file that is there is an older one"
            raise CommandError("MissingOutput", message, "let the command write it each time that it runs")
        close = _nearest(path, [each for each in _beside(path) if each not in before])
        hint = f"write `{close}`" if close else "mend the command, or take the file out of `outputs`"
        raise CommandError("MissingOutput", message, hint)


def _beside(path: str) -> List[str]:
    """What is in the folder of a path, as seen from here."""
    folder = os.path.dirname(path.rstrip("/"))
    return [os.path.join(folder, name) for name in _names_in(folder or ".") if not name.startswith(".")]


def _names_in(folder: str) -> List[str]:
    """The names in a folder; that onward looks for a near one is nobody's reading."""
    try:
        descriptor = own_open(os.path.abspath(folder), os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return []
    try:
        return sorted(os.listdir(descriptor))
    finally:
        os.close(descriptor)


def _nearest(word: str, known: List[str]) -> Optional[str]:
    import difflib

    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), list(folded), 1, 0.7)
    return folded[close[0]] if close else None


# The program


def _run(command: CommandLine, environment: Dict[str, str], hidden: List[str], task: Dict[str, Any]) -> None:
    arguments = ["/bin/sh", "-c", command] if isinstance(command, str) else command
    try:
        process = subprocess.Popen(
            arguments,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        raise _not_started(arguments[0], error, environment["PATH"]) from error
    last = _pass_on(process, hidden)
    if process.returncode != 0:
        raise _failed(command, process.returncode, last, environment["PATH"], task)


def _pass_on(process: subprocess.Popen[bytes], hidden: List[str]) -> List[str]:
    """Passes on what a program prints until it ends, whoever may keep its pipes open; returns the last lines."""
    ended, ends = os.pipe()
    waiting = threading.Thread(target=lambda: (process.wait(), os.close(ends)), daemon=True)
    assert process.stdout is not None
    assert process.stderr is not None
    streams = {process.stdout.fileno(): _Stream(1, hidden), process.stderr.fileno(): _Stream(2, hidden)}
    last: Deque[str] = deque(maxlen=_KEPT_LINES)
    with selectors.DefaultSelector() as selector, process.stdout, process.stderr:
        for descriptor in (*streams, ended):
            os.set_blocking(descriptor, False)
            selector.register(descriptor, selectors.EVENT_READ)
        waiting.start()
        while ended in selector.get_map():
            for key, _ in selector.select():
                if key.fd == ended or not streams[key.fd].take(key.fd, last):
                    selector.unregister(key.fd)
        for descriptor, stream in streams.items():
            while descriptor in selector.get_map() and stream.take(descriptor, last):
                if not stream.has_more:
                    break
            stream.end(last)
    os.close(ended)
    waiting.join()
    return list(last)


class _Stream:
    """Standard output or error, passed on line by line, with secrets hidden."""

    def __init__(self, target: int, hidden: List[str]) -> None:
        self._target = target
        self._hidden = [value.encode("utf-8", "surrogateescape") for value in hidden]
        self._rest = b""
        self.has_more = True

    def take(self, descriptor: int, last: Deque[str]) -> bool:
        """Takes what has come; False where nothing more can come."""
        try:
            content = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            self.has_more = False
            return True
        *lines, self._rest = (self._rest + content).split(b"\n")
        for line in lines:
            self._tell(line, last)
        if len(self._rest) > _LONGEST_LINE:
            self.end(last)
        return bool(content)

    def end(self, last: Deque[str]) -> None:
        """Passes on a line that has no end."""
        if self._rest:
            self._tell(self._rest, last)
            self._rest = b""

    def _tell(self, line: bytes, last: Deque[str]) -> None:
        for value in self._hidden:
            line = line.replace(value, b"***")
        if line.strip():
            last.append(line.decode("utf-8", "replace").rstrip())
        line += b"\n"
        while line:
            line = line[os.write(self._target, line) :]


def _hidden(task: Dict[str, Any]) -> List[str]:
    """The values that may stand in no log, the longest first."""
    values = {os.environ.get(name, "") for name in task["hidden"]}
    return sorted((value for value in values if len(value) >= _SHORTEST_HIDDEN), key=len, reverse=True)


# What went wrong


def _failed(command: CommandLine, status: int, last: List[str], search_path: str, task: Dict[str, Any]) -> CommandError:
    said = "\n".join(last)
    is_text = isinstance(command, str)
    if is_text and status == 127:
        named = next((found[1].strip() for line in reversed(last) if (found := _NOT_FOUND.search(line))), None)
        if named is not None:
            return _missing(named, search_path, said)
    killed_by = -status if status < 0 else status - 128 if is_text and status > 128 else 0
    if killed_by:
        try:
            name = signal.Signals(killed_by).name
        except ValueError:
            name = f"signal {killed_by}"
        hint = "if nobody killed it, the machine may have run out of memory" if name == "SIGKILL" else None
        return CommandError("Killed", f"the command was killed by {name}", hint, said)
    message = f"the command ended with exit status {status}"
    if last:
        message += f": {_headline(last)}"
    return CommandError(
        "CommandFailed",
        message,
        _forgotten(task) or _reason_of(status, is_text) or programs.hint(said, f"{command}"),
        said,
    )


def _headline(last: List[str]) -> str:
    """The one line that tells most: the last that speaks of an error; `Execution halted` comes after it in R."""
    return next((line for line in reversed(last) if "error" in line.casefold()), last[-1]).strip()


def _reason_of(status: int, is_text: bool) -> Optional[str]:
    if is_text and status == 126:
        return "let it be executed, with `chmod +x`, or start it with its interpreter: `sh clean.sh`"
    return None


def _forgotten(task: Dict[str, Any]) -> Optional[str]:
    """A name in braces that stands for nothing, because `inputs` does not hold it."""
    command = task["command"]
    words = [command] if isinstance(command, str) else command
    for word in words:
        for name in re.findall(r"(?<!\$)\{([^\W\d][\w./-]*)\}", word):
            if name not in task["names"]:
                return f'`{{{name}}}` stands for a file only where `inputs` names it: `inputs = ["{name}"]`'
    return None


def _not_started(program: str, error: OSError, search_path: str) -> CommandError:
    if isinstance(error, PermissionError):
        hint = f"let it be executed (`chmod +x {shlex.quote(program)}`), or start it with its interpreter"
        return CommandError("NotExecutable", f"`{program}` may not be executed", hint)
    if isinstance(error, FileNotFoundError):
        return _missing(program, search_path, "")
    hint = "give it a first line like `#!/bin/sh`, or start it with its interpreter"
    return CommandError("NotExecutable", f"`{program}` could not be started: {error.strerror}", hint)


def _missing(program: str, search_path: str, said: str) -> CommandError:
    """There is no such program."""
    if "/" in program:
        if os.path.exists(program):
            message = f"`{program}` could not be started: its first line names a program that is not there"
            return CommandError("NotFound", message, "mend its first line, or install what it names", said)
        close = _nearest(program, _beside(program))
        return CommandError("NotFound", f"there is no `{program}`", f"write `{close}`" if close else None, said)
    message = f"there is no program `{program}` on the PATH"
    if program in _INSTALLED_BY:
        return CommandError("NotFound", message, f"install {_INSTALLED_BY[program]}", said)
    if os.path.exists(program):
        return CommandError("NotFound", message, f"write `./{program}`: it is in this folder", said)
    close = _nearest(program, _programs(search_path))
    return CommandError(
        "NotFound", message, f"write `{close}`, or install `{program}`" if close else "install it", said
    )


def _programs(search_path: str) -> List[str]:
    return sorted({name for folder in search_path.split(os.pathsep) for name in _names_in(folder or ".")})
