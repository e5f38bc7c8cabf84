"""The bare parent: forks one child for each step, tells its output apart by time, reaps it.

It has imported nothing but the standard library, so a child starts in a millisecond with fresh modules. It
speaks lines: commands come on standard input, what happened goes out on standard output.

    <- run 7 "/where/its/log.jsonl goes"<TAB>{"step": ...}
    <- watch 8 "/where/its/log.jsonl goes"<TAB>{"step": ...}     the same, with an eye on what it touches
    <- warm ["/its/folder"]                                      modules will be imported from there
    <- kill 7               -> {"ended": 7, "status": 0, "signal": 0, "wall": ..., "result": "{}", ...}

    {"over": true} goes out as the last thing where steps were watched and the process that watches has died: calls that
    are looked at fail from then on, in this process as well, so that another one has to take its place.

The task is read by the child alone: every page of memory that this loop touches between two forks is copied.
When standard input ends, because onward ended or was killed, every child's process group is killed with it.
"""

from __future__ import annotations

import _signal
import codecs
import errno
import gc
import json
import os
import resource
import select
import signal
import sys
import time
from typing import Any, Dict, List, Optional, Tuple

from onward.runtime import child as step_child
from onward.runtime import loader, own_files, programs, surroundings
from onward.runtime.watch import supervisor

_DRAIN_S = 0.2
_RECORD_S = 30
"""How long a record may take: looking at files of a dead network drive takes its time."""
RESULT = "result"
"""The name of the pipe that a child's own account comes through, beside its output."""

_NESTED = "onward runs in a step that is watched itself"


def _account_of_loss(name: str, message: str, hint: str) -> str:
    """What is told instead of a step's own account, where nobody can say what it touched."""
    error = {"type": name, "message": message, "traceback": "", "file": None, "line": None, "hint": hint}
    return json.dumps({"ok": False, "error": error})


_LOST = _account_of_loss(
    "WatchLost",
    "the process that watches what steps touch has died, so nothing this step did can be relied upon",
    "run again; if it happens again, the machine may have run out of memory",
)


class Child:
    """A forked step and the pipes that its output and its account come through."""

    def __init__(self, identity: int, pid: int, log: str) -> None:
        self.identity = identity
        self.pid = pid
        self.started = time.monotonic()
        self.pipes: Dict[int, str] = {}
        self.rest: Dict[int, bytes] = {}
        self.result = b""
        self.is_watched = False
        self.is_lost = False
        """Whoever watched it has died, and what it says cannot be believed."""
        self._log_path = log
        self._log: Optional[int] = None

    def write(self, descriptor: int, content: bytes) -> None:
        """Adds output to the log, line by line, each with the seconds since the start; the result is kept whole."""
        if self.pipes[descriptor] == RESULT:
            self.result += content
            return
        lines = (self.rest.pop(descriptor, b"") + content).split(b"\n")
        if lines[-1]:
            self.rest[descriptor] = lines[-1]
        self._record(self.pipes[descriptor], lines[:-1])

    def end_of(self, descriptor: int) -> None:
        """Writes what has come through a pipe without an end of line; nothing more will come."""
        stream = self.pipes.pop(descriptor)
        rest = self.rest.pop(descriptor, b"")
        if rest:
            self._record(stream, [rest])

    def has_record(self) -> bool:
        """Whether what it touched is written down."""
        return os.path.exists(os.path.join(os.path.dirname(self._log_path), supervisor.RECORD))

    def finish(self) -> None:
        """Closes the log."""
        if self._log is not None:
            os.close(self._log)

    def _record(self, stream: str, lines: List[bytes]) -> None:
        if not lines:
            return
        if self._log is None:
            try:
                self._log = os.open(self._log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            except OSError:
                return  # the outbox is gone or the disk is full: the step's own writing fails and says so
        at = round(time.monotonic() - self.started, 3)
        rows = [json.dumps([at, stream, line.decode("utf-8", "replace")]) + "\n" for line in lines]
        try:
            os.write(self._log, "".join(rows).encode())
        except OSError:
            return


class Zygote:
    """The loop of the bare parent.

    Args:
        channel: to the process that watches steps; None where there is none.
    """

    def __init__(self, channel: Optional[supervisor.Channel] = None) -> None:
        self._channel = channel
        self._reason: Optional[str] = None
        """Why the kernel cannot be asked; empty where it can; None: not known yet, for nothing was to be watched."""
        self._watch: Any = None
        """A step's watch in its own process, once there is to be one: each child finds it ready."""
        self._ended: Dict[int, Tuple[Child, Dict[str, Any], float]] = {}
        self._poll = select.poll()
        self._running: Dict[int, Child] = {}
        self._by_pid: Dict[int, Child] = {}
        self._by_pipe: Dict[int, Child] = {}
        self._input = b""
        self._untold = b""
        self._is_ending = False
        self._wake_out, self._wake_in = os.pipe()
        self._commands = os.dup(0)
        self._events = os.dup(1)
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1):
            os.dup2(null, descriptor)

    def serve(self) -> None:
        """Carries out commands until there are no more to come."""
        for descriptor in (self._wake_out, self._wake_in, self._commands):
            os.set_blocking(descriptor, False)
        # The codec that texts are read with: Python would look for it anew in each child.
        codecs.lookup("utf-8-sig")
        # `os.wait4` would load it when a child has just ended: a call that is looked at can be interrupted by a signal
        # where others cannot, and nobody makes the one again that opens a library.
        resource.getrusage(resource.RUSAGE_SELF)
        # What is loaded by now stays for good: a child that collects garbage must not copy all of its pages.
        gc.collect()
        gc.freeze()
        signal.set_wakeup_fd(self._wake_in, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _woken)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._poll.register(self._commands, select.POLLIN)
        self._poll.register(self._wake_out, select.POLLIN)
        if self._channel is not None:
            self._poll.register(self._channel.fileno(), select.POLLIN)
        try:
            while True:
                for descriptor, _ in self._poll.poll(_RECORD_S * 1000 if self._ended else None):
                    running = self._by_pipe.get(descriptor)
                    if running is not None:
                        self._read_output(descriptor, running)
                    elif descriptor == self._wake_out:
                        _drain(descriptor)
                        self._reap()
                    elif self._channel is not None and descriptor == self._channel.fileno():
                        self._take_records()
                    elif descriptor == self._commands and not self._read_commands():
                        return
                self._give_up_records()
        finally:
            for running in self._running.values():
                _kill_group(running.pid)
            if self._channel is not None:
                self._channel.close()

    def _read_commands(self) -> bool:
        try:
            content = os.read(self._commands, 1 << 16)
        except BlockingIOError:
            return True
        if not content:
            return False
        *lines, self._input = (self._input + content).split(b"\n")
        for line in lines:
            command, _, told = line.partition(b" ")
            if command in (b"run", b"watch"):
                head, _, task = told.partition(b"\t")
                number, _, log = head.partition(b" ")
                self._start(int(number), json.loads(log), task, is_watched=command == b"watch")
            elif command == b"warm":
                if loader.is_installed():
                    loader.warm(json.loads(told))
            elif int(told) in self._running:
                _kill_group(self._running[int(told)].pid)
        return True

    def _start(self, identity: int, log: str, task: bytes, *, is_watched: bool) -> None:
        if not loader.is_installed():
            _prepare(json.loads(task))
        if is_watched and self._reason is None:
            self._begin_watch(json.loads(task))
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        result_read, result_write = os.pipe()
        pid = os.fork()
        if pid == 0:
            self._become_step(task, out_write, err_write, result_write, is_watched)
        for descriptor in (out_write, err_write, result_write):
            os.close(descriptor)
        _set_group(pid)
        started = Child(identity, pid, log)
        started.is_watched = is_watched
        if self._reason == "":
            self._tell_start(started, task if is_watched else b"")
        for descriptor, stream in ((out_read, "out"), (err_read, "err"), (result_read, RESULT)):
            os.set_blocking(descriptor, False)
            started.pipes[descriptor] = stream
            self._by_pipe[descriptor] = started
            self._poll.register(descriptor, select.POLLIN)
        self._running[identity] = started
        self._by_pid[pid] = started

    def _begin_watch(self, task: Dict[str, Any]) -> None:
        """Finds out by what steps can be watched; where the kernel can be asked, all that is forked from now on is.

        Done once, and what it loads stays for good, so that each child finds it ready.
        """
        from onward.runtime.watch.inside import Watch

        if self._channel is not None and not self._channel.is_alive():
            self._lose_watch()
        means = _means_of(self._channel, task)
        self._reason = means.reason
        if self._channel is not None and means.installer is not None:
            try:
                self._channel.hand_over(means.installer)
                own_files.prepare()
            except OSError as error:
                self._reason = _NESTED if error.errno == errno.EBUSY else f"no watch: {error.strerror}"
        self._watch = Watch(self._reason)
        surroundings.remember_loaded(task["root"])
        gc.collect()
        gc.freeze()

    def _tell_start(self, started: Child, task: bytes) -> None:
        assert self._channel is not None
        try:
            self._channel.tell_start(started.identity, started.pid, task)
        except OSError:
            return  # the supervisor is gone, which the next look at its socket finds out

    def _become_step(self, task: bytes, out: int, err: int, result: int, is_watched: bool) -> None:
        """In the child: leaves the parent's things behind and runs the step. Does not return."""
        try:
            _set_group(0)
            # `signal` would turn the answers into enumerations, at the price of sixty pages.
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
                _signal.signal(number, _signal.SIG_DFL)
            os.dup2(out, 1)
            os.dup2(err, 2)
            for descriptor in (out, err, self._wake_in, self._wake_out, self._commands, self._events, *self._by_pipe):
                os.close(descriptor)
            if self._channel is not None:
                self._channel.close()
            step_child.run(_read_task(task), result, self._watch if is_watched else None)
        except BaseException:  # noqa: BLE001 - nothing may return into the parent's loop
            import traceback

            traceback.print_exc()
            os._exit(70)
        os._exit(0)

    def _read_output(self, descriptor: int, running: Child) -> None:
        try:
            content = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return
        if content:
            running.write(descriptor, content)
        else:
            self._close_pipe(descriptor, running)

    def _close_pipe(self, descriptor: int, running: Child) -> None:
        self._poll.unregister(descriptor)
        os.close(descriptor)
        del self._by_pipe[descriptor]
        running.end_of(descriptor)

    def _reap(self) -> None:
        while self._by_pid and self._end_of_next(os.WNOHANG):
            continue

    def _end_of_next(self, options: int = 0) -> bool:
        """Takes the end of a child in; waits for one, unless the options say otherwise. False where none has ended."""
        try:
            pid, status, usage = os.wait4(-1, options)
        except ChildProcessError:
            return False
        running = self._by_pid.pop(pid, None)
        if running is not None:
            self._end(running, status, usage)
        return pid != 0

    def _end(self, running: Child, status: int, usage: Any) -> None:
        wall = time.monotonic() - running.started
        # What a step left running in the background must not hold its end open, nor live on.
        _kill_group(running.pid)
        deadline = time.monotonic() + _DRAIN_S
        while running.pipes and time.monotonic() < deadline:
            for descriptor in list(running.pipes):
                self._read_output(descriptor, running)
        for descriptor in list(running.pipes):
            self._close_pipe(descriptor, running)
        running.finish()
        del self._running[running.identity]
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        result, _, account = running.result.partition(b"\n")
        event = {
            "ended": running.identity,
            "status": os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1,
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
            "wall": round(wall, 6),
            "cpu": round(usage.ru_utime + usage.ru_stime, 6),
            "peak": peak,
            "result": result.decode("utf-8", "replace"),
        }
        if running.is_lost:
            event["result"] = _LOST
        elif running.is_watched and self._reason and not running.has_record():
            event["result"] = _without_record(event["result"], 0)
        if running.is_lost or self._channel is None or self._reason != "":
            self._tell(event)
            return
        self._ended[running.identity] = (running, event, time.monotonic() + _RECORD_S)
        try:
            self._channel.ask_for_record(running.identity, account)
        except OSError:
            return  # the supervisor is gone, which the next look at its socket finds out

    def _take_records(self) -> None:
        """Records are in their outboxes, so that the ends of steps can be told; or whoever writes them has died."""
        assert self._channel is not None
        recorded = self._channel.recorded()
        if recorded is None:
            self._lose_watch()
            return
        for identity, code in recorded:
            if identity in self._ended:
                _, event, _ = self._ended.pop(identity)
                if code:
                    event["result"] = _without_record(event["result"], code)
                self._tell(event)

    def _lose_watch(self) -> None:
        """Calls of watched steps, and of this process, fail from now on, so that nothing they say can be believed.

        Raises:
            SystemExit: steps were watched; the loop of the run starts another bare parent for what is yet to come.
        """
        assert self._channel is not None
        if self._reason != "":
            self._poll.unregister(self._channel.fileno())
            self._channel.close()
            self._channel = None
            return
        self._is_ending = True
        for running in self._running.values():
            running.is_lost = True
            _kill_group(running.pid)
        for identity in list(self._ended):
            self._tell_lost(identity)
        while self._running:
            self._end_of_next()
        self._tell({"over": True})
        raise SystemExit(0)

    def _give_up_records(self) -> None:
        now = time.monotonic()
        for identity in [identity for identity, (_, _, until) in self._ended.items() if now > until]:
            self._tell_lost(identity)

    def _tell_lost(self, identity: int) -> None:
        running, event, _ = self._ended.pop(identity)
        if not running.has_record():
            event["result"] = _LOST
        self._tell(event)

    def _tell(self, event: Dict[str, Any]) -> None:
        content = self._untold + (json.dumps(event) + "\n").encode()
        self._untold = b""
        if self._is_ending and "over" not in event:
            self._untold = content  # told with the last word, so that nobody starts a step in between
            return
        while content:
            try:
                content = content[os.write(self._events, content) :]
            except BrokenPipeError:
                raise SystemExit(0) from None


def _without_record(result: str, code: int) -> str:
    """The account of a step whose record could not be written: one that went well has not, for what it read is unknown.

    Args:
        result: the step's own account.
        code: the number of the error; 0 where it is not known.
    """
    try:
        if not json.loads(result)["ok"]:
            return result
    except ValueError:
        return result  # it was killed before it had told all
    name = "DiskFull" if code in (errno.ENOSPC, errno.EDQUOT) else "WatchLost"
    why = f": {os.strerror(code)}" if code else ""
    return _account_of_loss(name, f"what it touched could not be written down{why}", "make room and run again")


def _read_task(task: bytes) -> Dict[str, Any]:
    """A task; as `json.loads` gives it, with fewer of its functions, each of which is a page to copy."""
    told: Dict[str, Any] = _scan(task.decode(), 0)[0]
    return told


_scan: Any = json.JSONDecoder().scan_once  # type: ignore[attr-defined] - what C offers, under its name since Python 2


def _prepare(task: Dict[str, Any]) -> None:
    """Does once what every child would do alike: it finds it done."""
    loader.install(task["root"], task["outside"], task["bytecode"], ())
    loader.warm(task["roots"])
    surroundings.watch_imports()
    programs.withhold()
    surroundings.remember_loaded(task["root"])


def _means_of(channel: Optional[supervisor.Channel], task: Dict[str, Any]) -> Any:
    """By what steps are watched; made ready once, so that each child finds it."""
    from onward.runtime.watch import probe

    if channel is None:
        return probe.without("the process that watches is not there")
    return probe.means(os.path.dirname(task["bytecode"]), tuple(task["outside"]))


def serve() -> None:
    """A bare parent, and where steps can be watched the process that does so above it.

    Both end when onward does. What asks it to end may be sent to every process of a service at once, and onward, which
    says then how each step ended, has to hear of that.
    """
    _signal.signal(_signal.SIGTERM, _signal.SIG_IGN)
    Zygote(supervisor.stand_above() if sys.platform.startswith("linux") else None).serve()


def _woken(*_: Any) -> None:
    """A child has ended: the wake-up pipe says so to the loop."""


def _drain(descriptor: int) -> None:
    try:
        while os.read(descriptor, 4096):
            pass
    except BlockingIOError:
        return


def _set_group(pid: int) -> None:
    try:
        os.setpgid(pid, pid)
    except OSError:
        return  # the child has done it itself, or is gone


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        return


if __name__ == "__main__":
    serve()
