"""The workspace's Python: which one it is, what is installed in it, and how a child of it finds onward's runtime.

It is `[environment]` of `onward.toml`, else the workspace's `.venv`, else the active environment, else the
Python that runs onward. It may lack onward: its steps then get a private copy of what user code imports.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from onward.app.place import Place
from onward.base.codec import decode, digest_of, encode
from onward.base.digest import Digest, digest_text
from onward.base.errors import MachineError
from onward.model.records import Environment
from onward.model.workspace import Settings

_PROBE = """
import json, platform, site, sys, sysconfig
print(json.dumps({
    "version": platform.python_version(), "implementation": sys.implementation.name,
    "platform": sysconfig.get_platform(), "prefix": sys.prefix,
    "folders": [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))],
}))
"""
_OWN = ("onward", "pip")


class Probe(msgspec.Struct, frozen=True):
    """What a Python says of itself. `folders` are those that packages are installed in."""

    version: str
    implementation: str
    platform: str
    prefix: str
    folders: tuple[str, ...]


@dataclass(frozen=True)
class WorkspacePython:
    """The Python that steps run in.

    Attributes:
        executable: its path.
        facts: what counts of it, and what `show` prints.
        outside: folders that hold no code of the workspace, even where they lie in it.
        folders: those that packages are installed in.
        is_own: it is the Python that runs onward.
    """

    executable: Path
    facts: Environment
    outside: tuple[str, ...]
    folders: tuple[str, ...]
    is_own: bool

    def watched(self) -> list[str]:
        """Paths whose states tell one state of the environment from the next."""
        prefix = self.executable.parent.parent
        return [str(self.executable), f"{prefix}/pyvenv.cfg", str(prefix), *self.folders]

    def digests(self) -> dict[str, Digest]:
        """The parts of the environment that count, by name."""
        python = f"{self.facts.implementation} {self.facts.python} {self.facts.platform}"
        return {"python": digest_text(python), "distributions": digest_of(self.facts.distributions)}


def workspace_python(place: Place, settings: Settings) -> WorkspacePython:
    """The workspace's Python as it is installed now.

    Raises:
        MachineError: the one that is asked for does not exist or does not start.
    """
    executable = _executable(place.root, settings, os.environ)
    probe = _probe(executable, place)
    facts = Environment(probe.version, probe.implementation, probe.platform, _distributions(probe.folders))
    own = _same_python(executable)
    outside = probe.folders if own else (probe.prefix, *probe.folders)
    return WorkspacePython(executable, facts, outside, probe.folders, own)


def _executable(root: Path, settings: Settings, variables: Mapping[str, str]) -> Path:
    if settings.python is not None:
        return _asked_for(root, settings.python)
    for folder in (root / ".venv", variables.get("VIRTUAL_ENV"), variables.get("CONDA_PREFIX")):
        if folder and (python := Path(folder) / "bin" / "python").exists():
            return python
    return Path(sys.executable)


def _asked_for(root: Path, python: str) -> Path:
    """`[environment] python`: a path from the root, or a name on PATH (`python3.12`, `3.12`)."""
    path = root / Path(python).expanduser()
    if path.is_dir() and (path / "bin" / "python").exists():
        return path / "bin" / "python"
    if path.is_file():
        return path
    found = shutil.which(python) or shutil.which(f"python{python}")
    if found is None:
        raise MachineError(
            f"there is no Python `{python}`",
            hint="install it, or name another in `onward.toml`: `[environment]` `python = ...`",
        )
    return Path(found)


def _same_python(executable: Path) -> bool:
    """Whether this is the very environment that onward runs in (links to one interpreter are told apart)."""
    own = Path(sys.executable)
    return executable == own or (
        executable.parent.resolve() == own.parent.resolve() and executable.resolve() == own.resolve()
    )


def _probe(executable: Path, place: Place) -> Probe:
    """Asks the Python, once for each state of its file."""
    if _same_python(executable):
        folders = tuple(path for path in sys.path if path.endswith(("site-packages", "dist-packages")))
        return Probe(platform.python_version(), sys.implementation.name, sysconfig.get_platform(), sys.prefix, folders)
    try:
        status = os.stat(executable)
        config = executable.parent.parent / "pyvenv.cfg"
        stamp = [str(executable), status.st_mtime_ns, status.st_ino]
        stamp.append(config.stat().st_mtime_ns if config.exists() else 0)
    except OSError as error:
        raise MachineError(f"cannot start the Python `{executable}`: {error.strerror}") from error
    kept = place.local / "cache" / "pythons" / digest_of(stamp)
    try:
        return decode(kept.read_bytes(), Probe)
    except (OSError, msgspec.DecodeError):
        probe = _ask(executable)
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(encode(probe))
    except OSError:
        return probe  # a cache that cannot be written costs time only
    return probe


def _ask(executable: Path) -> Probe:
    try:
        done = subprocess.run(
            [str(executable), "-c", _PROBE], capture_output=True, timeout=60, check=True, stdin=subprocess.DEVNULL
        )
        return decode(done.stdout, Probe)
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError) as error:
        raise MachineError(
            f"the Python `{executable}` does not start",
            hint="mend the environment, or name another in `onward.toml`: `[environment]` `python = ...`",
        ) from error


def _distributions(folders: tuple[str, ...]) -> dict[str, str]:
    """Names and versions of what is installed; the first folder that has a name wins, as it does for imports."""
    found: dict[str, str] = {}
    for folder in folders:
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                distribution, _, version = name.rpartition(".")[0].partition("-")
                distribution = distribution.replace("_", "-").lower()
                if distribution not in _OWN:
                    found.setdefault(distribution, version.partition("-py")[0])
    return dict(sorted(found.items()))


def runtime_path(python: WorkspacePython, place: Place, package: Path) -> str:
    """The folder that a child has to have on its path to `import onward`.

    Args:
        python: the workspace's Python.
        place: the workspace.
        package: the folder of the running onward's own package.
    """
    if python.is_own:
        return str(package.parent)
    parts = ["__init__.py", "api", "runtime"]
    files = [path for part in parts for path in _python_files(package / part)]
    digest = digest_of([(str(path.relative_to(package)), digest_text(path.read_text("utf-8"))) for path in files])
    home = place.local / "cache" / "runtime" / digest[:16]
    if not home.is_dir():
        beside = home.with_name(f"{home.name}.{os.getpid()}")
        for path in files:
            copy = beside / "onward" / path.relative_to(package)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        try:
            os.rename(beside, home)
        except OSError:
            shutil.rmtree(beside, ignore_errors=True)  # another process was first
    return str(home)


def _python_files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(path.rglob("*.py"))
