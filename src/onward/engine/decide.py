"""Keep, restore or run: the one place where it is decided, with the reasons.

`run`, `status`, `why`, the dry run and the site all take the same decisions. Only complete inputs are
decided upon; a step that waits for something gets `run` where nothing can save it any more, else `await`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from onward.base.digest import Digest
from onward.model.decision import Decision, Reason
from onward.model.trace import INSTALLED_KINDS, CompleteInputs, Inputs, Observation, PartialInputs, Trace

World = Mapping[tuple[str, str], Digest | None]
"""What observations would give now, by kind and name: a digest, or None for what is not there."""

_REASON_KIND = {"source": "input", "render": "code"}


def decide(
    inputs: CompleteInputs,
    previous: Trace | None,
    candidates: Sequence[Trace],
    world: World,
    *,
    forced: bool = False,
    executed: Sequence[Trace] = (),
) -> Decision:
    """What is to be done with a step of which everything is known.

    Args:
        inputs: what it would read.
        previous: the trace that this workspace holds as the step's last result, where it has one.
        candidates: the usable traces under the key of `inputs`, oldest first: each has all its bytes.
        world: what every observation of `previous`, `candidates` and `executed` would give now.
        forced: run it, whatever was seen before.
        executed: usable traces under other keys, oldest first, some of which may differ in nothing but what is
            shown with their results.
    """
    key = inputs.key()
    if forced:
        return Decision(inputs.step, "run", key, None, (Reason("step", inputs.step, change="forced"),))
    usable = [trace for trace in candidates if holds(trace, world)]
    if previous is not None and previous.key == key and any(trace == previous for trace in usable):
        return Decision(inputs.step, "keep", key, previous)
    if usable:
        # The newest: of several results under one fingerprint the first one serves, which `record` saw to.
        return Decision(inputs.step, "restore", key, usable[-1], _changes(inputs.inputs, previous, world))
    reasons = _changes(inputs.inputs, previous, world)
    if not reasons:
        reasons = (Reason("step", inputs.step, change="lost its result"),)
    shown_apart = [trace for trace in executed if is_shown_apart(inputs, trace) and holds(trace, world)]
    return Decision(inputs.step, "run", key, None, reasons, shown_apart[-1] if shown_apart else None)


def foresee(
    inputs: PartialInputs,
    previous: Trace | None,
    world: World,
    *,
    forced: bool = False,
) -> Decision:
    """What can be said of a step some of whose inputs are yet to be made.

    Some trace that is not known here, such as a colleague's or one of another branch, may yet fit; so the
    answer is `await`, with what has changed since the last result and what has to be made first as reasons.
    """
    if forced:
        return Decision(inputs.step, "run", None, None, (Reason("step", inputs.step, change="forced"),))
    changes = _changes(inputs.inputs, previous, world, unknown=set(inputs.unknown))
    waiting = tuple(Reason(kind, name, change="is to be made first") for kind, name in inputs.unknown)
    awaits = tuple(name for kind, name in inputs.unknown if kind == "input")
    return Decision(inputs.step, "await", None, None, changes + waiting, awaits=awaits)


def is_shown_apart(inputs: CompleteInputs, trace: Trace) -> bool:
    """Whether a trace differs from the inputs in what is shown with its results, and in nothing else."""
    before = {(kind, name): digest for kind, name, digest in trace.inputs}
    return before != inputs.inputs and executed_part(before) == executed_part(inputs.inputs)


def executed_part(inputs: Inputs) -> Inputs:
    """The inputs that decide what comes out when the step is executed."""
    return {(kind, name): digest for (kind, name), digest in inputs.items() if kind != "render"}


def holds(trace: Trace, world: World) -> bool:
    """Whether every observation of a trace is true now, in the order in which they were made."""
    return all_hold(trace.observations, world)


def all_hold(observations: Sequence[Observation], world: World) -> bool:
    """Whether each of these observations is true now."""
    return all(_is_true(observation, world) for observation in observations)


def _is_true(observation: Observation, world: World) -> bool:
    now = world.get((observation.kind, observation.name))
    return now is None if observation.kind == "absent" else now == observation.digest


def _changes(
    now: Inputs, previous: Trace | None, world: World, unknown: set[tuple[str, str]] | None = None
) -> tuple[Reason, ...]:
    """How the inputs differ from those of the last result; `never made` where there is none."""
    if previous is None:
        return (Reason("never made", next(name for kind, name in now if kind == "step")),)
    before = {(kind, name): digest for kind, name, digest in previous.inputs}
    reasons = []
    for (kind, name), digest in now.items():
        if (kind, name) not in before:
            reasons.append(Reason(_REASON_KIND.get(kind, kind), name, None, digest, change="added"))
        elif before[kind, name] != digest:
            reasons.append(Reason(_REASON_KIND.get(kind, kind), name, before[kind, name], digest))
    for (kind, name), digest in before.items():
        if (kind, name) not in now and (unknown is None or (kind, name) not in unknown):
            reasons.append(Reason(_REASON_KIND.get(kind, kind), name, digest, None, change="removed"))
    untrue = [
        observation
        for observation in previous.observations
        if not _is_true(observation, world) and not _is_unknown(observation, unknown or set())
    ]
    reasons += [_observed_change(observation, world) for observation in untrue]
    return tuple(_telling(reasons, set(now) | set(before)))


def _telling(reasons: Sequence[Reason], inputs: set[tuple[str, str]]) -> Sequence[Reason]:
    """The reasons without those that what is only shown gives, where there are others: an edit of code is both."""
    others = [reason for reason in reasons if ("render", reason.what) not in inputs]
    return others or reasons


def _is_unknown(observation: Observation, unknown: set[tuple[str, str]]) -> bool:
    if observation.kind in (*INSTALLED_KINDS, "variable", "passed"):
        return False
    kind = "input" if observation.kind == "asset" else "file"
    return (kind, observation.name) in unknown


def _observed_change(observation: Observation, world: World) -> Reason:
    now = world.get((observation.kind, observation.name))
    if observation.kind == "today":
        return Reason("parameter", "the as-of date", observation.digest, now)
    if observation.kind == "text":
        return Reason("code", f"{observation.name} (text)", observation.digest, now, observation.name)
    if observation.kind == "pickled":
        return Reason("code", f"{observation.name} (pickled code)", observation.digest, now, observation.name)
    if observation.kind == "variable":
        what = "all variables" if observation.name == "*" else f"variable {observation.name}"
        return Reason("environment", what, observation.digest or None, now or None)
    if observation.kind == "passed":
        return Reason("environment", "names in `pass`", observation.digest, now)
    if observation.kind in INSTALLED_KINDS:
        what = "distributions" if observation.kind == "distributions" else observation.name
        change = "changed" if now and observation.digest else "added" if now else "removed"
        return Reason("environment", what, observation.digest or None, now or None, change=change)
    if observation.kind == "name":
        return _other_meaning(observation.name, observation.digest, now or "")
    if observation.kind == "found":
        return Reason("file", observation.name, observation.digest or None, now or None, observation.name)
    kind = "input" if observation.kind == "asset" else "file"
    change = "appeared" if observation.kind == "absent" else "changed" if now is not None else "removed"
    return Reason(kind, observation.name, observation.digest or None, now, observation.name, change)


def _other_meaning(word: str, before: str, after: str) -> Reason:
    """The reason that a step which loads by a word would get another asset by it, or none, or one at last."""
    was, now = (f"`{name}`" if name else "nothing" for name in (before, after))
    return Reason("input", word, before or None, after or None, change=f"meant {was} and now means {now}")
