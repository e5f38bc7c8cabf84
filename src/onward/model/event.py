"""What happens to a step while a run goes on (events), and what the schedule wants done (commands).

The unit of both is (step, part). The part is empty today; partitions will use it.
"""

from __future__ import annotations

import msgspec

from onward.model.decision import Decision


class Unit(msgspec.Struct, frozen=True, order=True):
    """One thing that runs at once."""

    step: str
    part: str = ""


class Event(msgspec.Struct, frozen=True):
    unit: Unit


class Decided(Event, frozen=True):
    """Its inputs are all known and `decide` has spoken."""

    decision: Decision


class Made(Event, frozen=True):
    """It ran, and what it made is in the store."""


class Failed(Event, frozen=True):
    """It ran and failed, or its inputs could not be read.

    `fallback`: its readers go on with tracked files. `is_final`: nothing that is yet to be made could mend it.
    """

    fallback: bool = False
    is_final: bool = True


class Suspended(Event, frozen=True):
    """It asked for units that have to be made first, and stopped; or is known to ask for them, and was not started."""

    needs: tuple[Unit, ...]


class Lost(Event, frozen=True):
    """It was to run, but the result of `maker`, which it needs, turned out to be damaged."""

    maker: Unit


class Busy(Event, frozen=True):
    """Another run is making it."""


class Freed(Event, frozen=True):
    """The other run has let it go."""


class Interrupted(msgspec.Struct, frozen=True):
    """Nothing more is to be started."""


class Look(msgspec.Struct, frozen=True):
    """Find out what the unit's inputs are, and decide."""

    unit: Unit


class Start(msgspec.Struct, frozen=True):
    """Run it."""

    unit: Unit
    decision: Decision


class Await(msgspec.Struct, frozen=True):
    """Watch for the other run to let it go."""

    unit: Unit


class Skip(msgspec.Struct, frozen=True):
    """It will not run; `because` names the unit that it needed, or is empty where the run was stopped."""

    unit: Unit
    because: str


Command = Look | Start | Await | Skip
AnyEvent = Event | Interrupted


class Ending(msgspec.Struct, frozen=True):
    """How a child ended: exit status or signal, seconds of wall and processor time, bytes at the peak.

    `result` is the child's own account, as JSON; empty or cut off where it was killed.
    """

    identity: int
    status: int
    signal: int
    wall_s: float
    cpu_s: float
    peak_bytes: int
    result: str = ""
