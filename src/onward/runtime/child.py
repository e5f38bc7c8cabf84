"""One step, in a process of its own: takes its inputs, runs the user's code, leaves what came out in the outbox.

Its own account goes to the bare parent through a pipe of its own, and after it, where it is watched, a line with what
its Python saw until the very end (`runtime.watch.inside`):

    {"ok": true, "written": {asset: ...}, "check": ..., "today": false, "modules": [...], "missing": [...]}
    {"ok": false, "error": {"type", "message", "traceback", "line"}}
    {"ok": false, "needs": ["flights"]}
"""

from __future__ import annotations

import atexit
import importlib
import os
import sys
from types import CodeType
from typing import Any, Callable, Dict, List

from onward.runtime import loader, open_files, programs, session, surroundings, values
from onward.runtime.own_json import dumps

Result = Dict[str, Any]


def run(task: Dict[str, Any], descriptor: int, watch: Any = None) -> None:
    """Runs a task and sends its result; ends the process with status 0 whatever the user's code did.

    Args:
        descriptor: the pipe that takes the result.
        watch: begins to see what is touched right before the user's code; None where nobody looks.
    """
    send(descriptor, dumps(perform(task, watch)).encode() + b"\n")
    _leave(descriptor, watch)


def perform(task: Dict[str, Any], watch: Any = None) -> Result:
    """Makes this process the step's and runs it; never raises."""
    try:
        # Before any folder of the workspace is looked in: none of its files may stand in for what a driver imports.
        kind = _KINDS.get(task["kind"]) or _by_module(task["driver"])
        surroundings.enter(task)
        current = session.begin(task)
        if watch is not None:
            watch.begin(task)
        result: Result = kind(task, current)
        if task["kind"] != "notebook":  # whose code runs in a kernel's process
            result["modules"], result["missing"] = (
                surroundings.loaded_modules(task["root"]),
                surroundings.missing_modules(),
            )
    except session.Suspend:
        result = {"ok": False}
    except BaseException as error:  # noqa: BLE001 - whatever the user's code raised is this step's outcome
        result = {"ok": False, "error": describe(error, task["root"])}
    told = session.told(task["outbox"])
    if "needs" in told:
        result = {"ok": False, "needs": [fact["name"] for fact in told["needs"]]}
    result["today"] = "today" in told
    result["saves"] = told.get("saves", [])
    return result


def send(descriptor: int, content: bytes) -> None:
    """Sends a line of the account; a part of it, should the process be killed now, is no JSON and so no result."""
    while content:
        content = content[os.write(descriptor, content) :]


def _leave(descriptor: int, watch: Any) -> None:
    """What an interpreter does at its end, without tearing down what the parent's fork left in it."""
    threading = sys.modules.get("threading")
    wait = getattr(threading, "_shutdown", None)
    if wait is not None:
        wait()
    atexit._run_exitfuncs()
    open_files.write_out()
    if watch is not None:
        send(descriptor, watch.leave())
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(0)


def _by_module(name: str) -> Callable[[Dict[str, Any], session.Session], Result]:
    """How a kind runs whose driver is a module of its own."""
    driver = importlib.import_module(name)
    return lambda task, _: driver.run(task)


# Functions and checks.


def _function(task: Dict[str, Any], current: session.Session) -> Result:
    value = _call(task, current)
    written = {}
    for number, output in enumerate(task["outputs"]):
        field = output["field"]
        part = value if field is None else _field(value, field)
        written[output["asset"]] = values.write(
            part,
            task["outbox"],
            str(number),
            kind=output["kind"],
            unit=output["unit"],
            annotation=task.get("returns", ""),
        )
    return {"ok": True, "written": written}


def _check(task: Dict[str, Any], current: session.Session) -> Result:
    try:
        value = _call(task, current)
    except AssertionError as error:
        # A failed `assert` is what a check says with it, not a mistake in it.
        message = str(error) or _assertion_text(error, task["root"])
        return {"ok": True, "written": {}, "check": {"outcome": "broken", "message": message, "rows": None}}
    found = values.check_result(value)
    frame = found.pop("frame", None)
    written = {}
    if frame is not None:
        written[task["step"]] = values.write(frame, task["outbox"], "rows", kind="table")
    return {"ok": True, "written": written, "check": found}


def _assertion_text(error: AssertionError, root: str) -> str:
    frames = surroundings.user_frames(error.__traceback__, root)
    return frames[-1].line or "an assertion failed" if frames else "an assertion failed"


def _call(task: Dict[str, Any], current: session.Session) -> Any:
    module = loader.load_file(task["file"], task["module"])
    function = getattr(module, task["symbol"])
    arguments = {name: current.load(name) for name in task["arguments"]}
    arguments.update(task["parameters"])
    value = function(**arguments)
    if hasattr(value, "__await__"):
        import asyncio

        return asyncio.run(value)
    return value


def _field(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        if name not in value:
            raise KeyError(f"the result lacks `{name}`, which its annotation promises")
        return value[name]
    return getattr(value, name)


# Scripts.


def _script(task: Dict[str, Any], current: session.Session) -> Result:
    del current
    main = sys.modules["__main__"]
    main.__dict__.clear()
    main.__dict__.update(
        __name__="__main__",
        __file__=task["file"],
        __builtins__=__builtins__,
        __doc__=None,
        __package__=None,
        __spec__=None,
        __loader__=None,
    )
    sys.argv[:] = [task["file"]]
    os.environ.setdefault("MPLBACKEND", "Agg")
    code: CodeType = compile(loader.read_source(task["file"]), task["file"], "exec", dont_inherit=True)
    try:
        exec(code, main.__dict__)
    except SystemExit as error:
        if error.code not in (None, 0):
            raise
    return {"ok": True, "written": {}}


# Errors.


def describe(error: BaseException, root: str) -> Dict[str, Any]:
    """What went wrong in the user's code, with the traceback cut to the user's own frames."""
    import traceback

    frames = surroundings.user_frames(error.__traceback__, root)
    file, line = (frames[-1].filename, frames[-1].lineno) if frames else (None, None)
    name, hint = type(error).__name__, getattr(error, "hint", None)
    if values.is_disk_full(error):
        # Where none of the user's own code was at it, onward was: it kept what came out.
        name = name if frames else values.DiskFull.__name__
        hint = hint or "make room on the disk that it writes to and run again"
    if isinstance(error, SystemExit):
        return {
            "type": "SystemExit",
            "message": f"the step ended with exit status {error.code}",
            "traceback": "",
            "file": file,
            "line": line,
            "hint": None,
        }
    lines: List[str] = []
    if frames:
        lines.append("Traceback (most recent call last):\n")
        lines += traceback.format_list(frames)
    said = traceback.format_exception_only(type(error), error)
    if type(error).__module__.partition(".")[0] == "onward":
        # The name of the class says it; where onward keeps it is no help to anybody.
        said = [text[len(type(error).__module__) + 1 :] for text in said[:1]] + said[1:]
    lines += said
    if isinstance(error, SyntaxError):
        file, line = error.filename, error.lineno
    return {
        "type": name,
        "message": _headline("".join(said), error),
        "traceback": "".join(lines),
        "file": file,
        "line": line,
        "hint": hint or programs.hint_of(error),
    }


def _headline(said: str, error: BaseException) -> str:
    """The one line that tells most: the first, for what follows is plans and pointers into a query.

    Of code that does not parse it is the last one, before which the code is quoted.
    """
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    if isinstance(error, SyntaxError):
        return lines[-1]
    return " ".join(lines[:2]) if lines[0].endswith(":") else lines[0]


_KINDS: Dict[str, Callable[[Dict[str, Any], session.Session], Result]] = {
    "function": _function,
    "check": _check,
    "script": _script,
}
