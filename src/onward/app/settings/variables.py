"""The environment variables of steps: which of the caller's they get, and what is remembered of those that they read.

A value is remembered as a digest under a secret of the store: from a plain digest it could be guessed.
Of variables that are named like a secret nothing but the name is kept: that one has changed makes nothing stale.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from onward.base.digest import Digest, digest_keyed

FIXED = {
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "LANG": "C.UTF-8",
    "SOURCE_DATE_EPOCH": "315532800",
    "PYTHONUTF8": "1",
    "MPLBACKEND": "Agg",
    "TERM": "dumb",
}
_ONE_THREAD = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "POLARS_MAX_THREADS", "RAYON_NUM_THREADS", "NUMBA_NUM_THREADS",
)  # fmt: skip
_NEVER_PASSED = (
    "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONDONTWRITEBYTECODE", "ONWARD_TASK",
    # What tells one terminal, or one window, from the next.
    "COLUMNS", "LINES", "COLORTERM", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION", "TERM_SESSION_ID", "WINDOWID", "DISPLAY", "WAYLAND_DISPLAY", "SSH_CLIENT", "SSH_CONNECTION",
    "SSH_TTY", "SHLVL", "PWD", "OLDPWD", "_",
)  # fmt: skip
_OF_BUILDS = ("GITHUB_", "RUNNER_", "ACTIONS_", "GITLAB_", "CI_", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_")
_OF_A_BUILD = ("CI", "GH_TOKEN", "ONWARD_BRANCH", "ONWARD_GITLAB_TOKEN", "ONWARD_STORE_CREDENTIALS", "GIT_CONFIG_COUNT")
"""What tells one build of a CI service from the next, and how it speaks with that service: no result hangs on it, and
no code of a step speaks in the build's name."""
CREDENTIALS = "ONWARD_STORE_CREDENTIALS"
"""Lines with the variables by which the shared store knows a build."""
_SECRET_WORDS = ("TOKEN", "KEY", "PASSWORD", "SECRET")
_UNKNOWN = "?"
ALL = "*"
"""Stands for all variables, where code looked through them."""
_PLACES = ("HOME", "PATH", "TMPDIR", "TEMP", "TMP", "USER", "LOGNAME", "SHELL")
"""What differs from user to user, and is no reason where code looks through everything."""


def of_steps() -> dict[str, str]:
    """The variables of every step: the caller's, with what would make two runs differ fixed or left out."""
    withheld = credentials_in(os.environ.get(CREDENTIALS, "")) or {}
    kept = {name: value for name, value in os.environ.items() if _is_kept(name) and withheld.get(name) != value}
    return {**kept, **FIXED, **dict.fromkeys(_ONE_THREAD, "1")}


def credentials_in(text: str) -> dict[str, str] | None:
    """The variables that the text of `CREDENTIALS` sets; None where it is of another form."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    pairs = [line.partition("=") for line in lines]
    if any(not joint or not name.strip().isidentifier() for name, joint, _ in pairs):
        return None
    return {name.strip(): value for name, _, value in pairs}


def _is_kept(name: str) -> bool:
    return name not in (*_NEVER_PASSED, *_OF_A_BUILD) and not name.startswith(_OF_BUILDS)


def is_secret(name: str) -> bool:
    """Whether a variable's value is never kept, in no form: its name says so."""
    return any(word in name.upper() for word in _SECRET_WORDS)


def is_passed_on(name: str) -> bool:
    """Whether steps get the caller's value of a variable."""
    return name not in FIXED and name not in _ONE_THREAD and _is_kept(name)


class Variables:
    """The variables that steps would get now.

    Args:
        values: by name.
        secret: the store's, 32 bytes; empty where there is none, and nothing can be compared with what was remembered.
    """

    def __init__(self, values: Mapping[str, str], secret: bytes) -> None:
        self._values = values
        self._secret = secret

    def digest(self, name: str) -> Digest:
        """What is remembered of a variable; empty for a secret, and like nothing that was kept without the store's."""
        if is_secret(name):
            return ""
        if not self._secret:
            return _UNKNOWN
        if name == ALL:
            counted = [each for each in sorted(self._values) if not is_secret(each) and each not in _PLACES]
            return self._keyed("".join(f"{each}={self._values[each]}\0" for each in counted))
        value = self._values.get(name)
        return self._keyed("-" if value is None else f"={value}")

    def _keyed(self, text: str) -> Digest:
        return digest_keyed(os.fsencode(text), self._secret)
