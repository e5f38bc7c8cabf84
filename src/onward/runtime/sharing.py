"""Python processes that a step's Python starts to share its work: `multiprocessing` by spawn or forkserver, and joblib.

They run the step's own code. So they see what it sees of the caller's variables, and what they read of them is noted.
The programs that they start in their turn get what the step's get. Here is the side of the process that starts them;
theirs is `runtime.worker`.
"""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, List, Optional, Sequence

from onward.runtime import programs

outbox: Optional[str] = None
"""Takes what the processes say that they read; None where nobody watches."""
PREFIX = "ONWARD_WITHHELD_"
"""Under such names a process gets what programs do not, until it has begun."""
OWN = "ONWARD_OWN"
"""The names that the step has set itself, between `=`."""
_TRACKER = "resource_tracker"
"""A process of multiprocessing's that runs nobody's code."""


def settle_multiprocessing(module: Any) -> None:
    """Sees to it that what `multiprocessing` starts begins with `worker.begin`."""
    start = module.spawnv_passfds
    if getattr(start, "__module__", None) == __name__:
        return

    def spawnv_passfds(path: Any, args: Sequence[Any], passfds: Any) -> Any:
        launched = _launched([*args])
        if launched is None:
            return start(path, args, passfds)
        handed = _handed()
        for name, value in handed.items():
            os.putenv(name, value)
        try:
            return start(path, launched, passfds)
        finally:
            for name in handed:
                os.unsetenv(name)

    module.spawnv_passfds = spawnv_passfds


def _settle_loky(module: Any) -> None:
    start = module.fork_exec

    def fork_exec(cmd: Sequence[Any], keep_fds: Any, env: Optional[Dict[str, str]] = None) -> Any:
        launched = _launched([*cmd])
        if launched is None:
            return start(cmd, keep_fds, env=env)
        own = env or {}
        handed = {name: value for name, value in _handed().items() if name[len(PREFIX) :] not in own}
        return start(launched, keep_fds, env={**handed, **own})

    module.fork_exec = fork_exec


LIBRARIES: Dict[str, Callable[[Any], None]] = {
    "multiprocessing.util": settle_multiprocessing,
    "joblib.externals.loky.backend.fork_exec": _settle_loky,
    "loky.backend.fork_exec": _settle_loky,
}
"""What is done to a module right after it was imported."""


def _launched(words: List[Any]) -> Optional[List[Any]]:
    """The command line of a Python, with `begin` before all else; None where it runs nobody's code."""
    package = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    prelude = f"import sys; sys.path.insert(0, {package!r}); from onward.runtime.worker import begin; "
    prelude += f"begin({outbox!r}); sys.path.remove({package!r}); "
    for number, word in enumerate(words[:-1]):
        if word == "-c":
            code = words[number + 1]
            return None if _TRACKER in code else [*words[: number + 1], prelude + code, *words[number + 2 :]]
        if word == "-m":
            code = f"import runpy; runpy.run_module({words[number + 1]!r}, run_name='__main__', alter_sys=True)"
            return [*words[:number], "-c", prelude + code, *words[number + 2 :]]
    return None


def _handed() -> Dict[str, str]:
    return {OWN: "=".join(programs.own), **{PREFIX + name: value for name, value in programs.withheld.items()}}
