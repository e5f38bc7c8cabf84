"""The process above the bare parent: answers every call that a watched process waits with, and keeps the accounts.

It is an ancestor of all steps, and adopts what they leave behind, because a kernel that is set to be careful lets
only ancestors read a process' memory. The bare parent puts the filter in force once, for itself and so for every step
that it will fork, and hands over the one listener: a filter for each step would cost more than a small step. Whose a
call is, is told by the caller's ancestors. What the two say to each other is lines, some with a body:

    bare parent -> supervisor   step 7 4711 2048    what follows is the task of step 7, whose process is 4711;
                                                    without a body it is not watched
                                end 7 0 64          it has ended, and what its Python said of itself follows
    supervisor -> bare parent   7                   its record is in its outbox, or it was never watched
"""

from __future__ import annotations

import errno
import os
import select
import signal
import time
from _socket import AF_UNIX, CMSG_LEN, SCM_RIGHTS, SOCK_STREAM, SOL_SOCKET, socketpair
from array import array
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, NoReturn, Optional, Set, Tuple

RECORD = "watch.json"
BEGIN = "/onward\x01begin"
"""A path that is asked for where the user's code begins: what came before was onward's own."""

_LINGER_S = 0.1
"""How long what a step left behind may take to end; its group has been killed by then."""
_FRESH_S = 1.0
"""How long it is believed whose a process is: within it no number of a process comes round again."""
_WORD_S = 10
"""How long the bare parent may take to say which step it has just forked. It may itself be waiting with a call: of a
file that Python looks at whenever it forks."""
_UNFINISHED_S = 60
"""How long a step waits for a file that another one is writing before it reads what there is: that one may, in turn,
wait for something of it that nobody sees."""
_TAKEN_S = 10
"""How long the files of a step that has ended are its own if nobody empties its outbox."""


class Channel:
    """The bare parent's end of the socket to the supervisor."""

    def __init__(self, control: Any) -> None:
        self._control = control
        self._rest = b""

    def fileno(self) -> int:
        """The descriptor on which the supervisor's words come."""
        return int(self._control.fileno())

    def hand_over(self, installer: Any) -> None:
        """Puts the filter in force for this process and all that it will fork, and gives the listener away.

        Raises:
            OSError: the kernel does not allow it.
        """
        from onward.runtime.watch.seccomp import HANDOVER

        try:
            os.dup2(self.fileno(), HANDOVER)
        except OSError as error:
            raise OSError(error.errno, f"fewer than {HANDOVER + 1} files may be open") from error
        try:
            listener = installer.install()
            try:
                send_listener(HANDOVER, listener)
            except OSError:
                pass  # the supervisor has gone, and all calls will fail: the next look at its socket tells why
            finally:
                os.close(listener)
        finally:
            os.close(HANDOVER)

    def tell_start(self, identity: int, pid: int, task: bytes) -> None:
        """Says which process a step is; an empty task: nobody watches it.

        Raises:
            OSError: the supervisor is gone.
        """
        self._control.sendall(b"step %d %d %d\n" % (identity, pid, len(task)) + task)

    def ask_for_record(self, identity: int, account: bytes) -> None:
        """Says that a step has ended, and what its Python said of itself.

        Raises:
            OSError: the supervisor is gone.
        """
        self._control.sendall(b"end %d 0 %d\n" % (identity, len(account)) + account)

    def recorded(self) -> Optional[List[Tuple[int, int]]]:
        """The steps whose records are done, each with the number of the error that kept it from being written, or 0.

        None where the supervisor is gone. Waits.
        """
        try:
            content = self._control.recv(4096)
        except OSError:
            return None
        if not content:
            return None
        *lines, self._rest = (self._rest + content).split(b"\n")
        told = [line.split(b" ") for line in lines]
        return [(int(identity), int(code)) for identity, code in told]

    def is_alive(self) -> bool:
        """Whether the supervisor is there."""
        poll = select.poll()
        poll.register(self.fileno(), 0)
        return not poll.poll(0)

    def close(self) -> None:
        """Says nothing more: at the end, and in a step's process, which has nothing to say."""
        self._control.close()


def stand_above() -> Channel:
    """Parts this process in two. The caller goes on in the child; the parent supervises, and ends when it has ended.

    `_socket` itself is used because what stands around it in `socket` would be paid by every step.
    """
    control, told = socketpair(AF_UNIX, SOCK_STREAM)
    pid = os.fork()
    if pid != 0:
        control.close()
        _supervise(pid, told)
    told.close()
    return Channel(control)


def _supervise(pid: int, control: Any) -> NoReturn:
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(null, descriptor)
    try:
        Supervisor(pid, control).serve()
    except BaseException:  # noqa: BLE001 - nothing may return into what the bare parent does
        import traceback

        traceback.print_exc()
        os._exit(70)
    _, status = os.waitpid(pid, 0)
    os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1)


def send_listener(descriptor: int, listener: int) -> None:
    """Gives a listener away through a socket, by its descriptor."""
    from _socket import socket

    sender = socket(fileno=descriptor)
    try:
        sender.sendmsg([b"\n"], [(SOL_SOCKET, SCM_RIGHTS, array("i", [listener]))])
    finally:
        sender.detach()


class Word(NamedTuple):
    """What the bare parent says of a step."""

    verb: bytes
    identity: int
    pid: int
    body: bytes


class _Watched:
    """A step that is watched."""

    def __init__(
        self, identity: int, pid: int, task: Dict[str, Any], is_taken: Callable[[_Watched, str], bool]
    ) -> None:
        from onward.runtime.watch import rescue, scope
        from onward.runtime.watch.account import Account

        self.identity = identity
        self.pid = pid
        self.outbox: str = task["outbox"]
        self.root = os.path.join(os.path.realpath(task["root"]), "")
        kept = rescue.of_task(task)
        self.account = Account(scope.scope_of(task), task.get("strict"), kept, lambda path: is_taken(self, path))
        self.has_begun = False
        self.pids: Set[int] = {pid}
        self.said: List[Dict[str, Any]] = []
        """What its first Python process says of itself."""
        self.deadline: Optional[float] = None

    def is_taken_over(self) -> bool:
        """Whether, after its end, somebody has taken what it made out of its outbox, and knows what is in its files."""
        assert self.deadline is not None
        gone = not os.path.exists(os.path.join(self.outbox, RECORD))
        return gone or time.monotonic() > self.deadline + _TAKEN_S


class _Held(NamedTuple):
    """A call that would open a file which another step is changing."""

    call: Any
    step: _Watched
    path: str
    until: Optional[float]
    """When it goes on all the same, where it would only read."""


class _UntoldError(Exception):
    """A process that the bare parent has just forked, and not yet said of which step it is."""


class Supervisor:
    """The loop.

    Args:
        parent: the bare parent's process.
        control: the socket to it.
    """

    def __init__(self, parent: int, control: Any) -> None:
        self._parent = parent
        self._control = control
        self._heard = b""
        self._poll = select.poll()
        self._listener = -1
        self._steps: Dict[int, _Watched] = {}
        self._by_first: Dict[int, Optional[_Watched]] = {}
        """By the first process of each step that runs; None for one that is not watched."""
        self._by_pid: Dict[int, Tuple[Optional[_Watched], float]] = {}
        self._untold: List[Tuple[Any, float]] = []
        """Calls of processes of which it is not yet said whose they are, each with the time when that is given up."""
        self._held: List[_Held] = []
        self._recorded: List[_Watched] = []
        """Steps that have ended and whose files nobody has looked at yet."""
        self._has_orphans = False
        """Somebody was killed who may not have ended yet."""
        self._decoder: Any = None
        self._seccomp: Any = None
        """The module, once it is needed."""

    def serve(self) -> None:
        """Serves until the bare parent has gone."""
        self._poll.register(self._control.fileno(), select.POLLIN)
        while True:
            for descriptor, event in self._poll.poll(self._patience_ms()):
                if descriptor == self._listener:
                    self._serve_call(event)
                elif not self._take_words():
                    self._kill_all()
                    return
                else:
                    self._serve_untold()
            self._end_late()
            self._serve_held()

    def _patience_ms(self) -> Optional[int]:
        if self._held or any(step.deadline is not None for step in self._steps.values()):
            return 10
        return 100 if self._has_orphans else None

    # Calls.

    def _serve_call(self, event: int) -> None:
        if not event & select.POLLIN:
            self._poll.unregister(self._listener)  # the bare parent and all of its steps are gone
            return
        seccomp = self._seccomp
        call = seccomp.receive(self._listener)
        if call is None:
            return
        try:
            step = self._step_of(call.pid) if call.pid != self._parent else None
        except _UntoldError:
            self._untold.append((call, time.monotonic() + _WORD_S))
        else:
            self._answer(call, step)

    def _answer(self, call: Any, step: Optional[_Watched], until: Optional[float] = None) -> None:
        """Looks at a call, and lets it go on or refuses it, or keeps it waiting: `until` then, if it waits already."""
        from onward.runtime.watch.account import TakenError

        refused = 0
        if step is not None:
            if step.has_begun:
                try:
                    refused = self._decoder.look(step.account, call)
                except TakenError as taken:
                    if taken.to_read and until is None:
                        until = time.monotonic() + _UNFINISHED_S
                    self._held.append(_Held(call, step, taken.path, until))
                    return
            elif self._decoder.path_asked(call) == BEGIN:
                step.has_begun = True
        self._seccomp.answer(self._listener, call.identity, refused)

    # Files that a step changes while another one wants them.

    def _is_taken(self, step: _Watched, path: str) -> bool:
        """Whether a step has to wait for a file: it would read half of it, or leave a mixture.

        What nobody takes for a result is let be. So are two that would wait for each other, and that is a doubt.
        """
        if not _may_be_result(step, path):
            return False
        holders = self._holders(step, path)
        if not any(self._waits_for(holder, step) for holder in holders):
            return bool(holders)
        for each in (step, *holders):
            each.account.doubt(f"another step opened `{path[len(step.root) :]}` while it was being written")
        return False

    def _holders(self, step: _Watched, path: str) -> List[_Watched]:
        """The other steps that are changing a file, or have changed it and are not looked at yet."""
        self._recorded = [each for each in self._recorded if not each.is_taken_over()]
        others = (*self._steps.values(), *self._recorded)
        return [other for other in others if other is not step and other.account.is_changing(path)]

    def _note_mixtures(self, ended: _Watched) -> None:
        """Tells of files that two steps had open at once to be changed in place, which nobody waits for, and that are
        not what they were: whatever was in them when one had ended may be of both."""
        others = [each for each in self._steps.values() if each is not ended]
        if not others:
            return
        for path in ended.account.changed():
            for other in others:
                if other.account.is_changed(path) and _may_be_result(ended, path):
                    ended.account.note_mixture(path)
                    other.account.note_mixture(path)

    def _waits_for(self, step: _Watched, other: _Watched) -> bool:
        """Whether a step waits for another one, be it by way of third ones."""
        seen: Set[int] = set()
        waiting = [step]
        while waiting:
            current = waiting.pop()
            if current is other:
                return True
            if current.identity not in seen:
                seen.add(current.identity)
                held = [each.path for each in self._held if each.step is current]
                waiting += [holder for path in held for holder in self._holders(current, path)]
        return False

    def _serve_held(self) -> None:
        """Looks again at the calls that wait for other steps."""
        for held in list(self._held):
            self._held.remove(held)
            if held.until is not None and time.monotonic() > held.until:
                held.step.account.read_unfinished(held.path)
            self._answer(held.call, held.step, held.until)

    def _serve_untold(self) -> None:
        """Answers the calls of those of whom it has been said by now whose they are."""
        waiting, self._untold = self._untold, []
        for call, until in waiting:
            try:
                step = self._step_of(call.pid)
            except _UntoldError:
                if time.monotonic() < until:
                    self._untold.append((call, until))
                    continue
                self._doubt_all()
                step = None
            self._answer(call, step)

    def _doubt_all(self) -> None:
        for step in self._steps.values():
            step.account.doubt("a process was started of which it cannot be told whose it is")

    def _step_of(self, pid: int) -> Optional[_Watched]:
        """Whose a process, or a thread of one, is; None where that is nobody's.

        Raises:
            _UntoldError: the bare parent is about to say so.
        """
        known = self._by_pid.get(pid)
        now = time.monotonic()
        if known is not None and known[1] > now:
            return known[0]
        step = self._by_first[pid] if pid in self._by_first else self._find_step(pid)
        if step is not None:
            step.pids.add(pid)
        self._by_pid[pid] = (step, now + _FRESH_S)
        return step

    def _find_step(self, pid: int) -> Optional[_Watched]:
        current, own = pid, os.getpid()
        while True:
            place = _place_of(current)
            if place is None:
                return None  # it has ended meanwhile
            if place.parent == self._parent:
                first = _process_of(current)
                if first not in self._by_first:
                    raise _UntoldError
                return self._by_first[first]
            if place.parent in (own, 0, 1):
                return self._step_of_orphan(pid)
            current = place.parent

    def _step_of_orphan(self, pid: int) -> Optional[_Watched]:
        """The step of a process whose own parent has ended: by its group, else by its session."""
        place = _place_of(pid)
        if place is not None:
            for leader in (place.group, place.session):
                found = next((step for step in self._steps.values() if leader in step.pids), None)
                if found is not None:
                    return found
        self._doubt_all()
        return None

    # What the bare parent says.

    def _take_words(self) -> bool:
        """Takes in what the bare parent has said; False where it has gone. Waits."""
        try:
            content, ancillary, _, _ = self._control.recvmsg(1 << 16, CMSG_LEN(4))
        except ConnectionError:
            return False  # it has gone without having heard all
        if not content:
            return False
        for level, kind, data in ancillary:
            if level == SOL_SOCKET and kind == SCM_RIGHTS:
                self._take_listener(array("i", data)[0])
        self._heard += content
        for word in self._words():
            self._heed(word)
        return True

    def _words(self) -> Iterator[Word]:
        while True:
            head, found, rest = self._heard.partition(b"\n")
            if not found:
                return
            if not head:
                self._heard = rest  # the listener came with it
                continue
            verb, identity, pid, size = head.split(b" ")
            if len(rest) < int(size):
                return
            self._heard = rest[int(size) :]
            yield Word(verb, int(identity), int(pid), rest[: int(size)])

    def _take_listener(self, listener: int) -> None:
        from onward.runtime.watch import seccomp
        from onward.runtime.watch.calls import machine
        from onward.runtime.watch.decoding import Decoder

        own = machine()
        assert own is not None
        self._decoder, self._seccomp, self._listener = Decoder(own), seccomp, listener
        seccomp.adopt_orphans()
        seccomp.tune(listener)
        self._poll.register(listener, select.POLLIN)

    def _heed(self, word: Word) -> None:
        import json

        from onward.runtime.watch.accounts import account_in

        if word.verb == b"step":
            self._recorded = [each for each in self._recorded if not each.is_taken_over()]
            step = _Watched(word.identity, word.pid, json.loads(word.body), self._is_taken) if word.body else None
            self._by_first[word.pid] = step
            if step is not None:
                self._steps[word.identity] = step
            return
        ended = self._steps.get(word.identity)
        if ended is None:
            self._tell_recorded(word.identity, 0)
            return
        if word.body:
            ended.said.append(account_in(word.body))
        ended.deadline = time.monotonic() + _LINGER_S

    # The end of a step.

    def _end_late(self) -> None:
        """Writes the records of the steps that have ended: at once where nothing of them is left, else soon."""
        ended = [step for step in self._steps.values() if step.deadline is not None]
        if self._has_orphans or any(len(step.pids) > 1 for step in ended):
            self._has_orphans = _reap_orphans(self._parent)
        for step in ended:
            assert step.deadline is not None
            if any(_is_descendant(pid) for pid in step.pids - {step.pid}):
                if time.monotonic() < step.deadline:
                    continue
                step.account.doubt("it left a process running, which was ended")
                self._kill(step)
            code = self._write_record(step)
            self._forget(step)
            self._recorded.append(step)
            self._tell_recorded(step.identity, code)

    def _tell_recorded(self, identity: int, code: int) -> None:
        try:
            self._control.send(b"%d %d\n" % (identity, code))
        except ConnectionError:
            return  # the bare parent has gone, which the next look at its socket finds out

    def _forget(self, step: _Watched) -> None:
        del self._steps[step.identity]
        self._by_first.pop(step.pid, None)
        for pid in step.pids:
            self._by_pid.pop(pid, None)

    def _kill(self, step: _Watched) -> None:
        """Ends what has left its group; whatever it still asks is answered until it has ended."""
        self._has_orphans = True
        for pid in step.pids:
            if _is_descendant(pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    continue

    def _kill_all(self) -> None:
        for step in self._steps.values():
            self._kill(step)

    def _write_record(self, step: _Watched) -> int:
        import json

        from onward.runtime.watch import accounts

        if not step.has_begun:
            step.account.doubt("it ended before its watch had begun")
        self._note_mixtures(step)
        record = step.account.record("seccomp", [*step.said, *accounts.said(step.outbox)])
        return write(step.outbox, json.dumps(record))


def write(outbox: str, content: str) -> int:
    """Leaves a step's record in its outbox, whole or not at all: the number of the error that it met, or 0."""
    path = os.path.join(outbox, RECORD)
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(content)
    except OSError as error:
        if os.path.exists(path):
            os.unlink(path)
        return error.errno or errno.EIO
    return 0


def _may_be_result(step: _Watched, path: str) -> bool:
    return path.startswith(step.root) and not _is_by_the_way(path[len(step.root) :])


def _is_by_the_way(path: str) -> bool:
    """Whether a path below the root is one that programs write for themselves: hidden, or Python's bytecode."""
    return any(part.startswith(".") or part == "__pycache__" for part in path.split("/"))


class Place(NamedTuple):
    """Where a process stands among others: numbers of its parent, and of the leaders of its group and session."""

    parent: int
    group: int
    session: int


def _place_of(pid: int) -> Optional[Place]:
    """None where there is no such process, or thread of one."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            words = file.read().rpartition(b")")[2].split(b" ", 5)
    except OSError:
        return None
    return Place(int(words[2]), int(words[3]), int(words[4]))


def _process_of(thread: int) -> int:
    """The process that a thread belongs to; the first thread of one has its number."""
    try:
        with open(f"/proc/{thread}/status", "rb") as file:
            for line in file:
                if line.startswith(b"Tgid:"):
                    return int(line[5:])
    except OSError:
        pass  # it has ended meanwhile
    return thread


def _is_descendant(pid: int) -> bool:
    """Whether a process still is one of this one's; its number may be another's by now."""
    own = os.getpid()
    while pid > 1:
        place = _place_of(pid)
        if place is None:
            return False
        pid = place.parent
        if pid == own:
            return True
    return False


def _reap_orphans(parent: int) -> bool:
    """Lets those go whom a step has left behind and who have ended; the bare parent is waited for elsewhere.

    Returns:
        whether there may be others, who have not ended yet.
    """
    while True:
        try:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return False
        if found is None:
            return True
        if found.si_pid == parent:
            return False
        os.waitpid(found.si_pid, 0)
