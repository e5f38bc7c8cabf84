"""The process above the bare parent: answers every call that a watched process waits with, and keeps the accounts.

It is an ancestor of all steps, and adopts what they leave behind, because a kernel that is set to be careful lets
only ancestors read a process' memory. One of it serves all steps of a bare parent. It knows no task: a step hands it
its listener and, in a file without a name, what counts; the bare parent asks it for a step's record by number.

    bare parent -> supervisor   7        step 7 has ended
    supervisor -> bare parent   7        its record is in its outbox, or it was never watched
"""

from __future__ import annotations

import os
import select
import signal
import time
from _socket import AF_UNIX, CMSG_LEN, SCM_RIGHTS, SOCK_SEQPACKET, SOL_SOCKET, socketpair
from array import array
from typing import Any, Dict, List, NoReturn, Optional, Set

RECORD = "watch.json"
PYTHON = "python.jsonl"
"""What the step's Python processes say of themselves, a line for each."""

_LINGER_S = 0.1
"""How long what a step left behind may take to end; its group has been killed by then."""


class Channel:
    """The bare parent's ends of the two sockets to the supervisor.

    Attributes:
        control: asks for records, and is told that they are there.
        arrivals: a step's listener goes through it.
    """

    def __init__(self, control: Any, arrivals: Any) -> None:
        self.control = control
        self.arrivals = arrivals

    def ask_for_record(self, identity: int) -> None:
        """Says that a step has ended.

        Raises:
            OSError: the supervisor is gone.
        """
        self.control.send(b"%d" % identity)

    def recorded(self) -> Optional[int]:
        """The step whose record is there; None where the supervisor is gone. Waits."""
        try:
            content = self.control.recv(64)
        except OSError:
            return None
        return int(content) if content else None

    def is_alive(self) -> bool:
        """Whether the supervisor is there."""
        poll = select.poll()
        poll.register(self.control.fileno(), 0)
        return not poll.poll(0)

    def close_control(self) -> None:
        """In a step's process, which has nothing to ask."""
        self.control.close()


def stand_above() -> Channel:
    """Parts this process in two. The caller goes on in the child; the parent supervises, and ends when it has ended.

    `_socket` itself is used because what stands around it in `socket` would be paid by every step.
    """
    control, told = socketpair(AF_UNIX, SOCK_SEQPACKET)
    arrivals, handed = socketpair(AF_UNIX, SOCK_SEQPACKET)
    pid = os.fork()
    if pid != 0:
        control.close()
        arrivals.close()
        _supervise(pid, told, handed)
    told.close()
    handed.close()
    return Channel(control, arrivals)


def _supervise(pid: int, control: Any, arrivals: Any) -> NoReturn:
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(null, descriptor)
    try:
        Supervisor(pid, control, arrivals).serve()
    except BaseException:  # noqa: BLE001 - nothing may return into what the bare parent does
        import traceback

        traceback.print_exc()
        os._exit(70)
    _, status = os.waitpid(pid, 0)
    os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1)


def hand_over(arrivals: int, identity: int, descriptors: List[int]) -> None:
    """In a step's process: gives the supervisor its listener and the file with what counts.

    Args:
        arrivals: the descriptor of the socket.
    """
    from _socket import socket

    sender = socket(fileno=arrivals)
    try:
        sender.sendmsg([b"%d" % identity], [(SOL_SOCKET, SCM_RIGHTS, array("i", descriptors))])
    finally:
        sender.detach()


class _Watched:
    """A step that is watched."""

    def __init__(self, listener: int, told: Dict[str, Any]) -> None:
        from onward.runtime.watch.account import Account
        from onward.runtime.watch.scope import Scope

        self.listener = listener
        self.outbox: str = told["outbox"]
        self.account: Optional[Account] = Account(Scope(**told["scope"]), told["strict"])
        self.pids: Set[int] = set()
        self.deadline: Optional[float] = None
        self.is_over = False
        """None of its processes is left."""


class Supervisor:
    """The loop.

    Args:
        pid: the bare parent's.
        control: where it asks for records.
        arrivals: where steps hand their listeners in.
    """

    def __init__(self, pid: int, control: Any, arrivals: Any) -> None:
        self._parent = pid
        self._control = control
        self._arrivals = arrivals
        self._poll = select.poll()
        self._steps: Dict[int, _Watched] = {}
        self._by_listener: Dict[int, _Watched] = {}
        self._decoder: Any = None
        self._seccomp: Any = None
        """The module, once it is needed."""

    def serve(self) -> None:
        """Serves until the bare parent has gone."""
        self._arrivals.setblocking(False)
        for each in (self._control, self._arrivals):
            self._poll.register(each.fileno(), select.POLLIN)
        while True:
            for descriptor, event in self._poll.poll(self._patience_ms()):
                step = self._by_listener.get(descriptor)
                if step is not None:
                    self._serve_step(step, event)
                elif descriptor == self._arrivals.fileno():
                    self._welcome()
                elif descriptor == self._control.fileno() and not self._take_word():
                    return
            self._end_late()

    def _patience_ms(self) -> Optional[int]:
        return 10 if any(step.deadline is not None for step in self._steps.values()) else None

    def _welcome(self) -> None:
        """Takes in the steps that have handed in a listener."""
        import json

        from onward.runtime.watch import seccomp

        while True:
            try:
                content, ancillary, _, _ = self._arrivals.recvmsg(64, CMSG_LEN(8))
            except BlockingIOError:
                return
            descriptors = array("i")
            for level, kind, data in ancillary:
                if level == SOL_SOCKET and kind == SCM_RIGHTS:
                    descriptors.frombytes(data)
            if len(descriptors) != 2:
                return
            listener, told = descriptors
            if self._decoder is None:
                self._decoder, self._seccomp = _decoder(), seccomp
                seccomp.adopt_orphans()
            seccomp.tune(listener)
            with open(told, "rb") as file:
                step = _Watched(listener, json.loads(file.read()))
            self._steps[int(content)] = self._by_listener[listener] = step
            self._poll.register(listener, select.POLLIN)

    def _serve_step(self, step: _Watched, event: int) -> None:
        if event & select.POLLIN:
            seccomp = self._seccomp
            call = seccomp.receive(step.listener)
            if call is not None:
                refused = 0
                if step.account is not None:
                    step.pids.add(call.pid)
                    refused = self._decoder.look(step.account, call)
                seccomp.answer(step.listener, call.identity, refused)
        elif event & (select.POLLHUP | select.POLLERR | select.POLLNVAL):
            self._poll.unregister(step.listener)
            del self._by_listener[step.listener]
            os.close(step.listener)
            step.is_over = True

    def _take_word(self) -> bool:
        content = self._control.recv(64)
        if not content:
            return False
        identity = int(content)
        self._welcome()
        step = self._steps.get(identity)
        if step is None:
            self._control.send(content)
        else:
            step.deadline = time.monotonic() + _LINGER_S
        return True

    def _end_late(self) -> None:
        """Writes the records of the steps that have ended: at once where nothing of them is left, else soon."""
        for identity, step in list(self._steps.items()):
            if step.deadline is None:
                continue
            if not step.is_over:
                if time.monotonic() < step.deadline:
                    continue
                assert step.account is not None
                step.account.doubt("it left a process running, which was ended")
                self._kill(step)
            self._write_record(step)
            del self._steps[identity]
            self._control.send(b"%d" % identity)
        _reap_orphans(self._parent)

    def _kill(self, step: _Watched) -> None:
        """Ends what has left its group; it stays answered until it has ended."""
        for pid in step.pids:
            if _is_descendant(pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    continue

    def _write_record(self, step: _Watched) -> None:
        import json

        assert step.account is not None
        record = step.account.record("seccomp", python_accounts(step.outbox))
        step.account = None
        write(step.outbox, json.dumps(record))


def _decoder() -> Any:
    from onward.runtime.watch.calls import machine
    from onward.runtime.watch.decoding import Decoder

    own = machine()
    assert own is not None
    return Decoder(own)


def write(outbox: str, content: str) -> None:
    """Leaves a step's record in its outbox, if that is still there."""
    try:
        with open(os.path.join(outbox, RECORD), "w", encoding="ascii") as file:
            file.write(content)
    except OSError:
        return


def python_accounts(outbox: str) -> List[Dict[str, Any]]:
    """What the Python processes of a step left in its outbox."""
    import json

    try:
        with open(os.path.join(outbox, PYTHON), encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]
    except OSError:
        return []


def _is_descendant(pid: int) -> bool:
    """Whether a process still is one of this one's; its number may be another's by now."""
    own = os.getpid()
    while pid > 1:
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                pid = int(file.read().rpartition(b")")[2].split()[1])
        except (OSError, ValueError):
            return False
        if pid == own:
            return True
    return False


def _reap_orphans(parent: int) -> None:
    """Lets those go whom a step has left behind and who have ended; the bare parent is waited for elsewhere."""
    while True:
        try:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if found is None or found.si_pid == parent:
            return
        os.waitpid(found.si_pid, 0)
