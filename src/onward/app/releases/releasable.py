"""What stands against showing a run to readers: it is incomplete, a check is broken, the files have moved on."""

from __future__ import annotations

from onward.app.reading.current import read_current
from onward.app.running import plan
from onward.app.running.basis import basis_of
from onward.app.wiring import Opened
from onward.base.codec import digest_of
from onward.base.errors import RefusedError, StoreError
from onward.base.shell import shell_line
from onward.base.text import listed
from onward.model.records import Run
from onward.model.trace import Trace


def releasable(opened: Opened) -> Run:
    """The last run, if readers may see it.

    Raises:
        RefusedError: there is none, they may not, or the files have changed since.
    """
    run = opened.store.records.run(opened.standing.run) if opened.standing.run is not None else None
    if run is None:
        raise RefusedError("there is nothing to release", hint="make a snapshot with `onward run`")
    check_run(run)
    changed = basis_changes(opened, run)
    if changed:
        raise RefusedError(
            f"the files have changed since the last run: {listed(changed)}", hint="type `onward run`, then release"
        )
    return run


def check_run(run: Run) -> None:
    """Refuses a run that readers may not see, whatever the files are now.

    Raises:
        RefusedError: it is incomplete, has a broken check, or was made with `--set`.
    """
    if run.settings:
        names = listed(sorted(run.settings))
        raise RefusedError(f"the last run was made with `--set` ({names})", hint="type `onward run`, then release")
    if not run.complete:
        what = listed(run.missing) if run.missing else "it was a run of some targets"
        raise RefusedError(
            f"the last run is incomplete: {what}", hint="type `onward run`, mend what fails, then release"
        )
    broken = run.broken_checks()
    if broken:
        raise RefusedError(
            f"a check holds the release back: {listed(broken)}",
            hint=f"look at `{shell_line('onward', 'show', run.checks[broken[0]].asset)}`, mend it, run, then release",
        )


def basis_changes(opened: Opened, run: Run) -> list[str]:
    """What of the working tree differs from a run's basis: paths, or `environment`, `parameters`, `the date`."""
    reading = read_current(opened)
    traces: dict[str, Trace] = {}
    for name, record in run.steps.items():
        if record.key is not None and record.trace is not None:
            trace = opened.store.traces.get(record.key, record.trace)
            if trace is not None:
                traces[name] = trace
    before = opened.store.records.basis(run.basis)
    if before is None:
        raise StoreError(f"the basis of the run `{run.id}` is gone or damaged", hint="type `onward run`")
    now = basis_of(plan.evaluate(opened, reading), traces, before.as_of or "", keep=False)
    if digest_of(now) == run.basis:
        return []
    names = sorted(before.files.keys() | now.files.keys())
    changed = [path for path in names if before.files.get(path) != now.files.get(path)]
    changed += ["the environment"] if before.environment != now.environment else []
    changed += ["the parameters"] if before.parameters != now.parameters else []
    return changed or ["the results that the last run rests on"]
