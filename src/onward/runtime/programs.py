"""The environment variables that other programs get, and libraries below Python: a fixed list.

No system call shows which variables a program reads. So what is not Python code of the step gets what is on the list
here, what the settings hand on or set, and what the step itself sets. In a Python process of a step the environment of
the C library, which programs inherit and libraries below Python ask, holds these alone. `os.environ` goes on to hold
all that the caller has: what Python code reads there is noted (`runtime.watch.variables`).

On the list is what only says where on this machine something is (what is read there, the watch sees), or how the
network is reached (from where nothing comes that could be pinned), and what is the same for all steps.
"""

from __future__ import annotations

import os
from typing import Any, Dict, Iterable, Optional, Set

PLACES = (
    "HOME", "LOGNAME", "USER", "SHELL", "PATH", "TMPDIR", "TEMP", "TMP",
    "XDG_CACHE_HOME", "XDG_CONFIG_DIRS", "XDG_CONFIG_HOME", "XDG_DATA_DIRS", "XDG_DATA_HOME", "XDG_RUNTIME_DIR",
    # Of installed programs and libraries.
    "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "JAVA_HOME",
    "R_HOME", "R_LIBS", "R_LIBS_SITE", "R_LIBS_USER", "JULIA_DEPOT_PATH", "PERL5LIB", "GDAL_DATA", "PROJ_DATA",
    "PROJ_LIB", "LOCALE_ARCHIVE", "FONTCONFIG_FILE", "FONTCONFIG_PATH", "CUDA_HOME",
    # Which of the processors for graphics.
    "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES",
)  # fmt: skip
"""Where things are on this machine."""
NETWORK = (
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO", "SSH_AUTH_SOCK", "KRB5CCNAME", "KRB5_CONFIG",
)  # fmt: skip
"""Ways into the network."""
VARIABLES = (
    *PLACES,
    *NETWORK,
    # What is the same for all steps.
    "LANG", "LC_ALL", "TZ", "TERM", "SOURCE_DATE_EPOCH", "PYTHONHASHSEED", "PYTHONUTF8", "MPLBACKEND",
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "POLARS_MAX_THREADS", "RAYON_NUM_THREADS", "NUMBA_NUM_THREADS",
)  # fmt: skip
"""The caller's variables that every program gets."""
SET_FOR_ALL = {"PYTHONDONTWRITEBYTECODE": "1"}
"""A Python that wrote bytecode could run old code after a quick edit."""

withheld: Dict[str, str] = {}
"""What Python code can read here and programs do not get; without what the step sets or takes away itself."""
own: Set[str] = set()
"""What the step was seen to set or to take away itself."""
_is_done = False


def withhold() -> None:
    """Takes the variables that programs do not get out of the C library's environment.

    Done once, in the bare parent: each step finds it done.
    """
    global _is_done  # one process has one environment
    if _is_done:
        return
    _is_done = True
    for name, value in os.environ.items():
        if name not in VARIABLES:
            hide(name, value)
    for name, value in SET_FOR_ALL.items():
        os.putenv(name, value)


def give(passed: Iterable[str], settled: Iterable[str]) -> None:
    """In a step's process: lets its programs have what the settings give them.

    Args:
        passed: the caller's variables that are handed on.
        settled: those that have been set.
    """
    withhold()
    for name in settled:
        withheld.pop(name, None)
    for name in passed:
        value = withheld.pop(name, None)
        if value is not None:
            os.putenv(name, value)


def hide(name: str, value: str) -> None:
    """Leaves a variable of the caller's to Python code alone."""
    os.unsetenv(name)
    withheld[name] = value


# What to do where a program fails for want of a variable.

_FAMILIES = {
    "psql": ("PG",), "pg_dump": ("PG",), "pg_restore": ("PG",), "PGSQL": ("PG",), "libpq": ("PG",),
    "gcloud": ("CLOUDSDK_", "GOOGLE_"), "gsutil": ("CLOUDSDK_", "GOOGLE_"), "bq": ("CLOUDSDK_", "GOOGLE_"),
    "GCS": ("GOOGLE_",), "az": ("AZURE_",), "Azure": ("AZURE_",), "AWS": ("AWS_",), "S3": ("AWS_",),
    "snowsql": ("SNOWFLAKE_", "SNOWSQL_"),
}  # fmt: skip
"""How the variables of a program or a service begin, where that is not its name."""


def hint(said: str, command: str = "") -> Optional[str]:
    """What to do, where something failed that may have asked for variables which it did not get.

    Args:
        said: what is said of the failure.
        command: the program that failed, with its arguments.
    """
    import re

    words = set(re.findall(r"\w+", f"{said} {command}"))
    begin = tuple(start for word in words for start in _FAMILIES.get(word, ()))
    begin += tuple(word.upper() + "_" for word in re.findall(r"\w+", command))
    missed = sorted(name for name in withheld if name in words or (begin and name.startswith(begin)))
    if not missed:
        return None
    named = ", ".join(f"`{name}`" for name in missed)
    listed = ", ".join(f'"{name}"' for name in missed)
    return (
        f"programs and libraries below Python do not get your {named}: hand on what is needed, with "
        f"`pass = [{listed}]` in `[environment]` of the root's `onward.toml`"
    )


def hint_of(error: BaseException) -> Optional[str]:
    """The same for an error of Python code, which may be a program's."""
    command: Any = getattr(error, "cmd", "")
    if not command:
        return hint(str(error))
    words = command if isinstance(command, (str, bytes)) else [*map(os.fsdecode, command)]
    return hint(f"{error} {_text(error, 'stdout')} {_text(error, 'stderr')}", f"{words}")


def _text(error: BaseException, name: str) -> str:
    said = getattr(error, name, None)
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said or "")
