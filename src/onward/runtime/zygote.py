"""The bare parent: forks one child for each step, tells its output apart by time, reaps it.

It has imported nothing but the standard library, so a child starts in a millisecond with fresh modules. It
speaks lines: commands come on standard input, what happened goes out on standard output.

    <- run 7 "/where/its/log.jsonl goes"<TAB>{"step": ...}
    <- watch 8 "/where/its/log.jsonl goes"<TAB>{"step": ...}     the same, with an eye on what it touches
    <- kill 7               -> {"ended": 7, "status": 0, "signal": 0, "wall": ..., "result": "{}", ...}

The task is read by the child alone: every page of memory that this loop touches between two forks is copied.
When standard input ends, because onward ended or was killed, every child's process group is killed with it.
"""

from __future__ import annotations

import codecs
import gc
import json
import os
import select
import signal
import sys
import time
from typing import Any, Dict, List, Optional, Tuple

from onward.runtime import child as step_child
from onward.runtime import loader, surroundings
from onward.runtime.watch import supervisor

_DRAIN_S = 0.2
_RECORD_S = 30
"""How long a record may take: looking at files of a dead network drive takes its time."""
RESULT = "result"
"""The name of the pipe that a child's own account comes through, beside its output."""

_LOST = {
    "ok": False,
    "error": {
        "type": "WatchLost",
        "message": "the process that watches what steps touch has died, so nothing this step did can be relied upon",
        "traceback": "",
        "file": None,
        "line": None,
        "hint": "run again; if it happens again, the machine may have run out of memory",
    },
}


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
        self._means: Any = None
        self._ended: Dict[int, Tuple[Child, Dict[str, Any], float]] = {}
        self._poll = select.poll()
        self._running: Dict[int, Child] = {}
        self._by_pid: Dict[int, Child] = {}
        self._by_pipe: Dict[int, Child] = {}
        self._input = b""
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
        # What is loaded by now stays for good: a child that collects garbage must not copy all of its pages.
        gc.collect()
        gc.freeze()
        signal.set_wakeup_fd(self._wake_in, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _woken)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._poll.register(self._commands, select.POLLIN)
        self._poll.register(self._wake_out, select.POLLIN)
        if self._channel is not None:
            self._poll.register(self._channel.control.fileno(), select.POLLIN)
        try:
            while True:
                for descriptor, _ in self._poll.poll(_RECORD_S * 1000 if self._ended else None):
                    running = self._by_pipe.get(descriptor)
                    if running is not None:
                        self._read_output(descriptor, running)
                    elif descriptor == self._wake_out:
                        _drain(descriptor)
                        self._reap()
                    elif self._channel is not None and descriptor == self._channel.control.fileno():
                        self._take_record()
                    elif descriptor == self._commands and not self._read_commands():
                        return
                self._give_up_records()
        finally:
            for running in self._running.values():
                _kill_group(running.pid)

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
            elif int(told) in self._running:
                _kill_group(self._running[int(told)].pid)
        return True

    def _start(self, identity: int, log: str, task: bytes, *, is_watched: bool) -> None:
        if not loader.is_installed():
            _prepare(json.loads(task))
        if is_watched and self._channel is not None and not self._channel.is_alive():
            self._lose_watch()
        if is_watched and self._means is None:
            self._means = _means_of(self._channel, json.loads(task))
            gc.collect()
            gc.freeze()
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        result_read, result_write = os.pipe()
        pid = os.fork()
        if pid == 0:
            self._become_step(task, out_write, err_write, result_write, identity if is_watched else None)
        for descriptor in (out_write, err_write, result_write):
            os.close(descriptor)
        _set_group(pid)
        started = Child(identity, pid, log)
        started.is_watched = is_watched
        for descriptor, stream in ((out_read, "out"), (err_read, "err"), (result_read, RESULT)):
            os.set_blocking(descriptor, False)
            started.pipes[descriptor] = stream
            self._by_pipe[descriptor] = started
            self._poll.register(descriptor, select.POLLIN)
        self._running[identity] = started
        self._by_pid[pid] = started

    def _become_step(self, task: bytes, out: int, err: int, result: int, watched_as: Optional[int]) -> None:
        """In the child: leaves the parent's things behind and runs the step. Does not return."""
        try:
            _set_group(0)
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            os.dup2(out, 1)
            os.dup2(err, 2)
            for descriptor in (out, err, self._wake_in, self._wake_out, self._commands, self._events, *self._by_pipe):
                os.close(descriptor)
            if self._channel is not None:
                self._channel.close_control()
            told = json.loads(task)
            step_child.run(told, result, self._watch_of(told, watched_as))
        except BaseException:  # noqa: BLE001 - nothing may return into the parent's loop
            import traceback

            traceback.print_exc()
            os._exit(70)
        os._exit(0)

    def _watch_of(self, task: Dict[str, Any], identity: Optional[int]) -> Any:
        """The watch of a step in its own process; None where nobody asked for one."""
        if identity is None:
            return None
        from onward.runtime.watch.inside import Watch

        return Watch(task, identity, self._channel, self._means)

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
        while self._by_pid:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            running = self._by_pid.pop(pid, None)
            if running is not None:
                self._end(running, status, usage)

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
        event = {
            "ended": running.identity,
            "status": os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1,
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
            "wall": round(wall, 6),
            "cpu": round(usage.ru_utime + usage.ru_stime, 6),
            "peak": peak,
            "result": running.result.decode("utf-8", "replace"),
        }
        if running.is_lost:
            event["result"] = json.dumps(_LOST)
        if running.is_lost or not running.is_watched or self._means.installer is None:
            self._tell(event)
            return
        self._ended[running.identity] = (running, event, time.monotonic() + _RECORD_S)
        try:
            if self._channel is not None:
                self._channel.ask_for_record(running.identity)
        except OSError:
            self._take_record()

    def _take_record(self) -> None:
        """A step's record is in its outbox, and so its end can be told; or whoever writes records has died."""
        assert self._channel is not None
        identity = self._channel.recorded()
        if identity is None:
            self._lose_watch()
        elif identity in self._ended:
            _, event, _ = self._ended.pop(identity)
            self._tell(event)

    def _lose_watch(self) -> None:
        """Calls of watched steps fail now, so that nothing they say can be believed; the next ones go without."""
        assert self._channel is not None
        self._poll.unregister(self._channel.control.fileno())
        self._channel.close_control()
        self._channel = None
        self._means = _means_of(None, {})
        for running in self._running.values():
            if running.is_watched:
                running.is_lost = True
                _kill_group(running.pid)
        for identity in list(self._ended):
            self._tell_lost(identity)

    def _give_up_records(self) -> None:
        now = time.monotonic()
        for identity in [identity for identity, (_, _, until) in self._ended.items() if now > until]:
            self._tell_lost(identity)

    def _tell_lost(self, identity: int) -> None:
        running, event, _ = self._ended.pop(identity)
        if not running.has_record():
            event["result"] = json.dumps(_LOST)
        self._tell(event)

    def _tell(self, event: Dict[str, Any]) -> None:
        content = (json.dumps(event) + "\n").encode()
        while content:
            try:
                content = content[os.write(self._events, content) :]
            except BrokenPipeError:
                raise SystemExit(0) from None


def _prepare(task: Dict[str, Any]) -> None:
    """Does once what every child would do alike: it finds it done."""
    loader.install(task["root"], task["outside"], task["bytecode"], ())
    surroundings.watch_imports()


def _means_of(channel: Optional[supervisor.Channel], task: Dict[str, Any]) -> Any:
    """By what steps are watched; made ready once, so that each child finds it."""
    from onward.runtime.watch import inside, probe

    inside.prepare()
    if channel is None:
        return probe.without("the process that watches is not there")
    return probe.means(os.path.dirname(task["bytecode"]), tuple(task["outside"]))


def serve() -> None:
    """A bare parent, and where steps can be watched the process that does so above it."""
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
