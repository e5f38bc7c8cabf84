"""Runs one notebook from top to bottom in a kernel of its own and keeps it, with what it shows, as a document.

The kernel is a process of the step's group, so that it ends with the step however that ends. It needs no
installed kernelspec and reads nobody's profile. The user's file is only read: older formats are brought up to
date in memory. What outputs mean is `notebook_outputs`', how they look `notebook_page`'s.
"""

from __future__ import annotations

import html
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from typing import Any, Dict, List, Optional

from onward.runtime import loader, notebook_outputs, notebook_page, programs, session, values
from onward.runtime.values import libraries

Result = Dict[str, Any]

NOTEBOOK_MEDIA, HTML_MEDIA = "application/x-ipynb+json", "text/html"
_NEEDED = ("ipykernel", "nbclient", "nbformat", "mistune", "pygments")
_START_S = 600
"""A kernel that does not start dies, which is seen at once; this bounds one that hangs."""
_LAST_OUTPUT_S = 120
"""After a cell's end: for what it printed to arrive."""
_END_S = 10
"""For the kernel's own end: what the user's code registered with `atexit`."""
_SKIPPED = "skip-execution"
"""nbclient's own word: a cell with this tag is shown and not executed."""
_VOLATILE_OF_CELL = ("execution", "ExecuteTime", "collapsed", "scrolled")


def run(task: Dict[str, Any]) -> Result:
    """Executes the notebook of a task; or only renders it, where `kept` names an executed one whose outputs fit.

    Returns:
        `{"ok": True, "written": {document: ...}, "executed": ..., "quotes": ...}`, where `quotes` says whether
        the outputs quote the text or lines of the code; `{"ok": False, "error": ...}` where a cell failed or
        the kernel died; `{"ok": False}` where a load needs something to be made first.

    Raises:
        MissingLibrary: the workspace's Python cannot run notebooks.
        ValueError: the file is no notebook.
    """
    # No code of the workspace runs in this process, and none of its files may stand in for a library's module.
    sys.path[:] = [place for place in sys.path if place not in task["roots"]]
    for name in _NEEDED:
        if not libraries.is_installed(name):
            line = "pip install ipykernel nbclient mistune pygments"
            raise values.MissingLibrary(name, line, purpose="run a notebook")
    raw = _raw(task["file"])
    if task.get("kept"):
        rendered = current_format(raw)
        if _take_outputs(rendered, _raw(task["kept"])):
            return {"ok": True, "written": {task["document"]: _written(rendered, task)}, "executed": False}
    numbers = [number for number, cell in enumerate(_cells(raw), start=1) if _is_executed(cell)]
    # Started before anything else is imported: the two take as long as each other.
    kernel = Kernel(task, numbers)
    try:
        notebook = _with_attributes(current_format(raw))
        failure = _execute(notebook, kernel, task)
    finally:
        kernel.close()
    if failure is not None:
        return failure
    written = {task["document"]: _written(notebook, task)}
    return {"ok": True, "written": written, "executed": True, "quotes": _quotes_code(notebook, task["file"])}


# The file


def _raw(path: str) -> Dict[str, Any]:
    raw = json.loads(loader.read_source(path).decode("utf-8-sig"))
    if not isinstance(raw, dict) or not ("cells" in raw or "worksheets" in raw):
        raise ValueError("this is no notebook: it has no cells")
    return raw


def _cells(raw: Dict[str, Any]) -> List[Dict[str, Any]]:
    """The cells of a notebook of any format, in order."""
    if "cells" in raw:
        return raw["cells"]
    return [cell for sheet in raw["worksheets"] for cell in sheet.get("cells", ())]


def _is_executed(cell: Dict[str, Any]) -> bool:
    source = cell.get("source", cell.get("input")) or ""
    tags = (cell.get("metadata") or {}).get("tags") or ()
    return cell.get("cell_type") == "code" and bool("".join(source).strip()) and _SKIPPED not in tags


def current_format(raw: Dict[str, Any]) -> Dict[str, Any]:
    """The notebook in format 4.5, with all that an earlier run left in it taken out.

    Cells without an id get one from their place, so that every run of one file has the same.
    """
    given = [cell.get("id") for cell in _cells(raw)]
    plain = json.loads(json.dumps(raw))
    for cell in _cells(plain):
        cell.setdefault("metadata", {})
        for word in ("source", "input"):
            if isinstance(cell.get(word), list):
                cell[word] = "".join(cell[word])
        if cell.get("cell_type") == "code":
            cell["outputs"] = []
            cell.pop("prompt_number", None)
    if "cells" not in plain:
        plain.setdefault("nbformat", 3)
        plain.setdefault("nbformat_minor", 0)
        for cell in _cells(plain):
            cell.setdefault("language", "python")
    else:
        plain["nbformat"] = max(int(plain.get("nbformat", 4)), 4)
    plain.setdefault("metadata", {})
    notebook: Any = plain
    if notebook["nbformat"] < 4:
        import nbformat

        notebook = nbformat.convert(_with_attributes(plain), 4)
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5
    taken = {name for name in given if isinstance(name, str)}
    for number, (cell, name) in enumerate(zip(notebook["cells"], given), start=1):
        cell["id"] = name if isinstance(name, str) else _free(f"cell-{number}", taken)
        cell["source"] = cell.get("source") or ""
        for word in _VOLATILE_OF_CELL:
            cell["metadata"].pop(word, None)
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    metadata = notebook["metadata"]
    for word in ("widgets", "orig_nbformat", "signature", "vscode"):
        metadata.pop(word, None)
    metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3", "file_extension": ".py"}
    return notebook


def _with_attributes(notebook: Dict[str, Any]) -> Any:
    """The notebook as nbclient takes it: what it holds can be asked for as attributes too."""
    import nbformat

    return nbformat.from_dict(notebook)


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "-"
    taken.add(name)
    return name


# The kernel


class Kernel:
    """The process that executes cells, and the way to reach it.

    Args:
        task: the step's task.
        numbers: the places of the cells that will be executed.
    """

    def __init__(self, task: Dict[str, Any], numbers: List[int]) -> None:
        self._home = os.path.join(task["outbox"], "kernel")
        os.makedirs(self._home)
        self._sockets = _socket_folder(self._home)
        self.connection = os.path.join(self._home, "connection.json")
        _write_private(self.connection, _connection(self._sockets))
        told = os.path.join(task["outbox"], "task.json")
        _write_private(told, {**task, "cells": numbers})
        package = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        # The folder of `-c` is the notebook's own: nothing in it may stand in for a module before it is time.
        launch = "import sys; sys.path[:] = [place for place in sys.path if place]; "
        launch += f"sys.path.insert(0, {package!r}); "
        launch += "from onward.runtime.kernel import main; main(sys.argv[1:])"
        # From 3.13 on Python imports a module of its own before it begins with what `-c` says.
        safely = ["-P"] if sys.version_info >= (3, 11) else []
        # In this process' group, unlike Jupyter's own: whoever kills the step kills the kernel.
        self.process = subprocess.Popen(
            [task["python"], *safely, "-c", launch, "-f", self.connection],
            stdin=subprocess.DEVNULL,
            cwd=task["folder"],
            env={
                **os.environ,
                "ONWARD_TASK": told,
                "IPYTHONDIR": os.path.join(self._home, "ipython"),
                "JUPYTER_RUNTIME_DIR": os.path.join(self._home, "runtime"),
                "JPY_PARENT_PID": str(os.getpid()),
            },
        )

    def client(self) -> Any:
        """A client whose question whether the kernel lives is put to the process itself."""
        import zmq
        from jupyter_client.asynchronous.client import AsyncKernelClient

        process = self.process

        class Client(AsyncKernelClient):  # type: ignore[misc]
            async def _async_is_alive(self) -> bool:
                return process.poll() is None

            is_alive = _async_is_alive

        client = Client(connection_file=self.connection)
        client.load_connection_file()
        # Whatever was sent is taken: see the kernel's side.
        client.context.setsockopt(zmq.RCVHWM, 0)
        client.allow_stdin = False
        return client

    def death(self) -> str:
        """How the process ended, in words."""
        try:
            status = self.process.wait(timeout=_END_S)
        except subprocess.TimeoutExpired:
            return "it does not answer"
        return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"

    def close(self) -> None:
        """Waits for the kernel's end, for which it was asked, and sees to it."""
        try:
            self.process.wait(timeout=_END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self._sockets is not None and not self._sockets.startswith(self._home):
            shutil.rmtree(self._sockets, ignore_errors=True)


def _write_private(path: str, content: Any) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file)


def _socket_folder(home: str) -> Optional[str]:
    """A folder in which sockets can be made: their paths have some hundred signs, and not every disk has them."""
    if _takes_sockets(home):
        return home
    folder = tempfile.mkdtemp(prefix="onward-")
    if _takes_sockets(folder):
        return folder
    os.rmdir(folder)
    return None


def _takes_sockets(folder: str) -> bool:
    path = os.path.join(folder, "socket-0")
    try:
        with socket.socket(socket.AF_UNIX) as tried:
            tried.bind(path)
        os.unlink(path)
    except OSError:
        return False
    return True


def _connection(sockets: Optional[str]) -> Dict[str, Any]:
    """Jupyter's connection file: sockets in a private folder, or ports of this machine alone."""
    words = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")
    common = {"key": secrets.token_hex(32), "signature_scheme": "hmac-sha256", "kernel_name": "python3"}
    if sockets is not None:
        ports = list(range(1, len(words) + 1))
        return {"transport": "ipc", "ip": os.path.join(sockets, "socket"), **dict(zip(words, ports)), **common}
    return {"transport": "tcp", "ip": "127.0.0.1", **dict(zip(words, _free_ports(len(words)))), **common}


def _free_ports(count: int) -> List[int]:
    held = [socket.socket() for _ in range(count)]
    try:
        for each in held:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in held]
    finally:
        for each in held:
            each.close()


# The cells


def _execute(notebook: Any, kernel: Kernel, task: Dict[str, Any]) -> Optional[Result]:
    """Fills in the outputs of the cells. Returns what stopped it, or None."""
    import asyncio

    return asyncio.run(_execute_cells(notebook, kernel, task))


async def _execute_cells(notebook: Any, kernel: Kernel, task: Dict[str, Any]) -> Optional[Result]:
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    driver = _driver(notebook)
    driver.kc = client = kernel.client()
    client.start_channels(stdin=False, hb=False)
    try:
        try:
            await client.wait_for_ready(timeout=_START_S)
        except RuntimeError:
            return _error("KernelDied", f"the kernel did not start ({kernel.death()}); see the log", task)
        for index, cell in enumerate(notebook["cells"]):
            if not _is_executed(cell):
                continue
            try:
                await driver.async_execute_cell(cell, index)
            except CellExecutionError as error:
                failure: Optional[Result] = _cell_error(cell, index + 1, error, task)
            except DeadKernelError:
                how = kernel.death()
                hint = "perhaps it ran out of memory" if how == "signal SIGKILL" else None
                failure = _error("KernelDied", f"cell {index + 1}: the kernel died ({how})", task, hint=hint)
            else:
                # `%%capture` and `%run` tell of an error and call the cell done.
                failure = _cell_error(cell, index + 1, None, task) if _went_wrong(cell) else None
            driver.log_of_cells.end(index + 1)
            if "needs" in session.told(task["outbox"]):
                return {"ok": False}
            if failure is not None:
                return failure
        return None
    finally:
        if kernel.process.poll() is None:
            client.shutdown()
        client.stop_channels()


def _driver(notebook: Any) -> Any:
    """nbclient, with what cells print told to the step's log as well."""
    from nbclient import NotebookClient

    class Driver(NotebookClient):  # type: ignore[misc]
        log_of_cells = CellLog()

        def process_message(self, msg: Dict[str, Any], cell: Any, cell_index: int) -> Any:
            if msg["msg_type"] == "stream":
                self.log_of_cells.add(cell_index + 1, msg["content"]["name"], msg["content"]["text"])
            return super().process_message(msg, cell, cell_index)

    driver = Driver(
        notebook,
        timeout=None,
        iopub_timeout=_LAST_OUTPUT_S,
        raise_on_iopub_timeout=True,
        record_timing=False,
        store_widget_state=False,
    )
    # A page has no widgets: what is shown inside of one is shown by the cell.
    driver.widget_registry = {}
    return driver


class CellLog:
    """What cells print, line by line with the cell's number, on this process' own output."""

    def __init__(self) -> None:
        self._rest: Dict[str, str] = {}

    def add(self, number: int, stream: str, text: str) -> None:
        """Takes a piece of output; `stream` is stdout or stderr."""
        *lines, rest = (self._rest.get(stream, "") + text).split("\n")
        self._rest[stream] = rest
        self._write(number, stream, lines)

    def end(self, number: int) -> None:
        """Writes the line that a cell left unended."""
        for stream, rest in self._rest.items():
            if rest:
                self._write(number, stream, [rest])
        self._rest.clear()

    def _write(self, number: int, stream: str, lines: List[str]) -> None:
        target = sys.stderr if stream == "stderr" else sys.stdout
        for line in lines:
            # Of a line that was written over, as a progress bar is, what a terminal shows in the end.
            shown = line.rstrip("\r").rpartition("\r")[2]
            target.write(f"[cell {number}] {shown.encode('utf-8', 'replace').decode('utf-8')}\n")
        target.flush()


def _errors(cell: Any) -> List[Any]:
    return [output for output in cell["outputs"] if output["output_type"] == "error"]


def _went_wrong(cell: Any) -> bool:
    return bool(_errors(cell)) and "raises-exception" not in (cell["metadata"].get("tags") or ())


def _cell_error(cell: Any, number: int, error: Any, task: Dict[str, Any]) -> Result:
    """What went wrong in a cell: as it was shown there, else (magics) as the kernel's answer says it."""
    told = _errors(cell)
    if told:
        name, said, lines = told[-1]["ename"], told[-1]["evalue"], "\n".join(told[-1]["traceback"])
    else:
        name, said, lines = error.ename, error.evalue, ""
    first = next(iter(str(said).strip().splitlines()), "")
    message = f"cell {number}: {name}: {first}" if first else f"cell {number}: {name}"
    plain = notebook_outputs.without_colours(lines)
    hint = programs.hint(str(said), str(said) if name == "CalledProcessError" else "")
    return _error(name, message, task, lines=plain, hint=hint)


def _error(name: str, message: str, task: Dict[str, Any], *, lines: str = "", hint: Optional[str] = None) -> Result:
    # A line of the file would be one of its JSON: the message and the traceback name cells and their lines.
    found = {"type": name, "message": message, "traceback": lines, "file": task["file"], "line": None, "hint": hint}
    return {"ok": False, "error": found}


# The document


def _take_outputs(notebook: Dict[str, Any], kept: Dict[str, Any]) -> bool:
    """Gives the cells what the same cells showed when they were executed; False where these are not as many."""
    cells = [cell for cell in notebook["cells"] if _is_executed(cell)]
    before = [cell for cell in kept["cells"] if _is_executed(cell)]
    if len(cells) != len(before):
        return False
    for cell, executed in zip(cells, before):
        cell["outputs"] = executed["outputs"]
        cell["execution_count"] = executed["execution_count"]
    return True


def _quotes_code(notebook: Any, file: str) -> bool:
    """Whether an output names a place in the code, as warnings and errors do: a comment could move it."""
    name = os.path.basename(file)
    places = [f"{name}, c", f"{html.escape(name)}, c", "__main__:"]
    shown = [json.dumps(output, ensure_ascii=False) for cell in notebook["cells"] for output in cell.get("outputs", ())]
    return any(json.dumps(place, ensure_ascii=False)[1:-1] in text for text in shown for place in places)


def _written(notebook: Any, task: Dict[str, Any]) -> Dict[str, Any]:
    """Writes the document's two files and says what they are."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = notebook_outputs.settled(cell["outputs"])
    notebook_outputs.name_ids(notebook)
    stem = os.path.splitext(os.path.basename(task["file"]))[0]
    title = task.get("title") or stem
    taken: Dict[str, str] = {}
    page = notebook_page.page(
        notebook, title=title, folder=task["folder"], root=task["root"], cache=task["bytecode"], taken=taken
    )
    shown = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    folder = os.path.join(task["outbox"], "document")
    os.makedirs(folder)
    files = []
    for name, media, text in ((f"{stem}.html", HTML_MEDIA, page), (f"{stem}.ipynb", NOTEBOOK_MEDIA, shown)):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8", errors="replace", newline="") as file:
            file.write(text)
        files.append({"name": name, "path": path, "media": media})
    return {
        "kind": "document",
        "media": HTML_MEDIA,
        "tree": True,
        "files": files,
        "content": {**notebook_outputs.content(notebook), **({"files": taken} if taken else {})},
        "facts": {"library": "notebook", "title": title},
    }
