"""A notebook's kernel: this process becomes the step's, then serves the cells that its driver sends.

It knows the task, handed over in the file that `ONWARD_TASK` names, and how IPython has to be set up so that
two runs say the same: no profile of the user's, no history, cells named by their place in the notebook,
tracebacks cut to the user's own frames. It refuses to know what a document is; that is the driver's.
"""

from __future__ import annotations

import atexit
import json
import os
import random
import sys
import traceback
from typing import Any, Callable, Dict, List, Optional, Sequence

from onward.runtime import surroundings

FIGURE_FORMAT = "retina"
"""Pictures in twice the resolution at which they are shown; `%config InlineBackend` overrules it."""


def main(arguments: Sequence[str]) -> None:
    """Serves until the driver says that it is enough.

    Args:
        arguments: of ipykernel, with `-f` and the connection file.
    """
    with open(os.environ["ONWARD_TASK"], encoding="utf-8") as file:
        task: Dict[str, Any] = json.load(file)
    # Steps draw without a screen; a notebook draws into its page, which ipykernel sets up where nothing is set.
    os.environ.pop("MPLBACKEND", None)
    # Elsewhere plotly writes its whole library into the first output.
    os.environ["PLOTLY_RENDERER"] = "plotly_mimetype"
    # Imported before the workspace's folders are on the path: a `queue.py` in one is the user's, not ipykernel's.
    kind = _application(task)
    surroundings.enter(task)
    sys.argv[:] = [task["file"]]
    seeded = random.getstate()
    application = kind.instance()
    application.initialize(
        [
            *arguments,
            "--HistoryManager.enabled=False",
            "--IPKernelApp.log_level=ERROR",
            f"--InlineBackend.figure_formats={{'{FIGURE_FORMAT}'}}",
        ]
    )

    def begin() -> None:
        random.setstate(seeded)
        if task.get("watch"):
            _begin_watch(task)

    _before_first_cell(application.shell, begin)
    application.start()
    _let_control_end(application)


def _let_control_end(application: Any) -> None:
    """Waits for the thread that was asked to end the kernel: it still answers, through sockets of other threads.

    The end of the process closes these, and a socket that is closed while another thread sends through it ends
    in an error in the step's log, or in a failed assertion of libzmq.
    """
    control = application.control_thread
    if control is not None and control.is_alive():
        control.stop()
        control.join()


def _begin_watch(task: Dict[str, Any]) -> None:
    """What the cells read of the environment, and load, only this Python can say."""
    from onward.runtime.watch.inside import PythonWatch

    watch = PythonWatch(task.get("unwatched", ""))
    watch.begin(task)
    atexit.register(watch.end)


def _before_first_cell(shell: Any, act: Callable[[], None]) -> None:
    """Seeds again when the user's code begins: ipykernel draws port numbers, as many as it takes to find free ones."""

    def once(*_: Any) -> None:
        shell.events.unregister("pre_run_cell", once)
        act()

    shell.events.register("pre_run_cell", once)


class CellNames:
    """What cells are called in tracebacks and warnings: by their place, never by a process or a time.

    Args:
        notebook: the file's path.
        numbers: the places, counted from 1 over all cells, of those that are executed, in order.
    """

    def __init__(self, notebook: str, numbers: Sequence[int]) -> None:
        self._notebook = os.path.basename(notebook)
        self._coming = iter(numbers)
        self._cell = f"{self._notebook}, code"
        self._codes: Dict[str, str] = {}

    def begin(self) -> None:
        """The next cell is executed."""
        number = next(self._coming, None)
        self._cell = f"{self._notebook}, cell {number}" if number else f"{self._notebook}, code"

    def name(self, code: str) -> str:
        """The name of code that is executed now: the cell's; what it executes in its turn (`%run`) is a part of it."""
        name, part = self._cell, 1
        while self._codes.setdefault(name, code) != code:
            part += 1
            name = f"{self._cell}, part {part}"
        return name

    def __contains__(self, name: str) -> bool:
        return name in self._codes


def _application(task: Dict[str, Any]) -> Any:
    """The class of the kernel's application; ipykernel is imported here and nowhere before."""
    import zmq
    from ipykernel.compiler import XCachingCompiler
    from ipykernel.ipkernel import IPythonKernel
    from ipykernel.kernelapp import IPKernelApp
    from ipykernel.zmqshell import ZMQInteractiveShell
    from traitlets import Type

    names = CellNames(task["file"], task["cells"])
    is_own = _own_code(task, names)

    class Compiler(XCachingCompiler):  # type: ignore[misc]
        def get_code_name(self, raw_code: str, code: str, number: int) -> str:
            return names.name(raw_code)

    class Shell(ZMQInteractiveShell):  # type: ignore[misc]
        def _showtraceback(self, etype: Any, evalue: Any, stb: List[str]) -> None:
            super()._showtraceback(etype, evalue, own_traceback(evalue, is_own, task["root"]).splitlines())

    class Kernel(IPythonKernel):  # type: ignore[misc]
        shell_class = Type(Shell)
        compiler_class = Type(Compiler)

        async def execute_request(self, *arguments: Any, **more: Any) -> None:
            names.begin()
            await super().execute_request(*arguments, **more)

    class Application(IPKernelApp):  # type: ignore[misc]
        kernel_class = Type(Kernel, klass=IPythonKernel)

        def init_iopub(self, context: Any) -> None:
            # A publisher drops what its reader has not taken yet; an output must not depend on who is faster.
            context.setsockopt(zmq.SNDHWM, 0)
            super().init_iopub(context)

    return Application


def _own_code(task: Dict[str, Any], names: CellNames) -> Callable[[str], bool]:
    """Whether a file name is a cell's, or a file's of the workspace that is no installed package."""
    inside = os.path.join(os.path.realpath(task["root"]), "")
    spared = tuple(os.path.join(os.path.realpath(place), "") for place in task["outside"])

    def is_own(name: str) -> bool:
        if name in names:
            return True
        path = os.path.realpath(name)
        return os.path.isabs(name) and path.startswith(inside) and not path.startswith(spared)

    return is_own


def own_traceback(error: BaseException, is_own: Callable[[str], bool], root: str) -> str:
    """The traceback of an error and of what led to it, with the user's own frames alone, without colours."""
    told = traceback.TracebackException.from_exception(error)
    _cut(told, is_own, root, set())
    return "".join(told.format())


def _cut(told: Any, is_own: Callable[[str], bool], root: str, seen: set[int]) -> None:
    if id(told) in seen:
        return
    seen.add(id(told))
    frames = [
        traceback.FrameSummary(_short(frame.filename, root), frame.lineno, frame.name, line=frame.line)
        for frame in told.stack or ()
        if is_own(frame.filename)
    ]
    # None, and not an empty list, leaves the heading out.
    told.stack = traceback.StackSummary.from_list(frames) if frames else None
    inner: List[Optional[Any]] = [told.__cause__, told.__context__, *(getattr(told, "exceptions", None) or ())]
    for other in inner:
        if other is not None:
            _cut(other, is_own, root, seen)


def _short(name: str, root: str) -> str:
    return os.path.relpath(os.path.realpath(name), os.path.realpath(root)) if os.path.isabs(name) else name
