"""The workspace's Python: which one it is, what is installed in it, and how a child of it finds onward's runtime.

It is `[environment]` of `onward.toml`, else the workspace's `.venv`, else the active environment, else the
Python that runs onward. It may lack onward: its steps then get a private copy of what user code imports.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from onward.app.environments.distributions import Distributions
from onward.app.environments.installed import OWN, Installed, read_code, read_installed
from onward.app.settings.place import Place
from onward.base.codec import decode, digest_of, encode
from onward.base.digest import Digest, digest_text
from onward.base.errors import MachineError
from onward.model.records import Environment
from onward.model.workspace import Settings

_PROBE = """
import importlib.machinery, os, platform, sys, sysconfig
def probe():
    places = [os.path.dirname(os.__file__), sysconfig.get_config_var("DESTSHARED")]
    files = [name for place in places if place and os.path.isdir(place) for name in os.listdir(place)]
    listed = {*sys.builtin_module_names, *(name.partition(".")[0] for name in files)}
    return {
        "version": platform.python_version(), "implementation": sys.implementation.name,
        "platform": sysconfig.get_platform(), "prefix": sys.prefix,
        "folders": [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))],
        "facts": {
            "python_version": "%d.%d" % sys.version_info[:2], "python_full_version": platform.python_version(),
            "os_name": os.name, "sys_platform": sys.platform, "platform_machine": platform.machine(),
            "platform_system": platform.system(), "implementation_name": sys.implementation.name,
            "platform_python_implementation": platform.python_implementation(),
        },
        "extensions": importlib.machinery.EXTENSION_SUFFIXES,
        "stdlib": sorted(getattr(sys, "stdlib_module_names", listed)),
    }
"""
"""Python text that gives a `Probe`: it runs in the Python that is asked, which may be any from 3.9 on."""


class Probe(msgspec.Struct, frozen=True):
    """What a Python says of itself.

    Attributes:
        folders: those that packages are installed in.
        facts: what the conditions of requirements may ask (`sys_platform`, ...).
        extensions: the endings of compiled modules that it can import, first to last (`.cpython-311-darwin.so`).
        stdlib: the top-level modules that are its own.
    """

    version: str
    implementation: str
    platform: str
    prefix: str
    folders: tuple[str, ...]
    facts: dict[str, str]
    extensions: tuple[str, ...]
    stdlib: tuple[str, ...]


@dataclass(frozen=True)
class WorkspacePython:
    """The Python that steps run in.

    Attributes:
        executable: its path.
        facts: what counts of it, and what `show` prints.
        outside: folders that hold no code of the workspace, even where they lie in it.
        folders: those that packages are installed in.
        is_own: it is the Python that runs onward.
        extensions: the endings of compiled modules that it can import, first to last.
        distributions: what is installed, as it counts for results.
        roots: folders of the workspace, by path from its root, that distributions are imported from as they are
            edited: their code is the workspace's.
        looked_at: paths outside of the workspace whose state tells what is edited there.
    """

    executable: Path
    facts: Environment
    outside: tuple[str, ...]
    folders: tuple[str, ...]
    is_own: bool
    extensions: tuple[str, ...]
    distributions: Distributions
    roots: tuple[str, ...]
    looked_at: tuple[str, ...]

    def watched(self) -> list[str]:
        """Paths whose states tell one state of the environment from the next."""
        prefix = self.executable.parent.parent
        return [str(self.executable), f"{prefix}/pyvenv.cfg", str(prefix), *self.folders, *self.looked_at]

    def digests(self) -> dict[str, Digest]:
        """The parts of the environment that are in every key, by name; of distributions, results know which."""
        python = f"{self.facts.implementation} {self.facts.python} {self.facts.platform}"
        return {"python": digest_text(python)}


def workspace_python(place: Place, settings: Settings) -> WorkspacePython:
    """The workspace's Python as it is installed now.

    Raises:
        MachineError: the one that is asked for does not exist or does not start.
    """
    executable = _executable(place.environment_root, settings, os.environ)
    probe = _probe(executable, place)
    own = _same_python(executable)
    outside = probe.folders if own else (probe.prefix, *probe.folders)
    installed = read_installed(probe.folders, place.local / "cache" / "environments" if place.local.is_dir() else None)
    versions = {name: found.version for name, found in installed.distributions.items() if name not in OWN}
    edited = _edited_code(installed, place.environment_root, outside, probe.folders)
    members = frozenset(
        name
        for name, found in installed.distributions.items()
        if found.roots and all(root in edited.inner for root in found.roots)
    )
    return WorkspacePython(
        executable=executable,
        facts=Environment(probe.version, probe.implementation, probe.platform, versions),
        outside=outside,
        folders=probe.folders,
        is_own=own,
        extensions=probe.extensions,
        distributions=Distributions(installed, probe.facts, frozenset(probe.stdlib), members, edited.foreign),
        roots=tuple(dict.fromkeys(edited.inner.values())),
        looked_at=tuple(edited.looked_at),
    )


@dataclass
class _EditedCode:
    """Code that is imported from where somebody edits it.

    `inner` are its folders in the workspace, with their paths from its root; `foreign` those elsewhere, with digests.
    """

    inner: dict[str, str] = field(default_factory=dict)
    foreign: dict[str, Digest] = field(default_factory=dict)
    looked_at: list[str] = field(default_factory=list)


def _edited_code(
    installed: Installed, root: Path, outside: Sequence[str], package_folders: Sequence[str]
) -> _EditedCode:
    edited = _EditedCode()
    distributions = installed.distributions.values()
    folders = [folder for each in distributions if each.name not in OWN for folder in each.roots]
    packages = {os.path.realpath(folder) for folder in package_folders}
    for folder in dict.fromkeys([*folders, *installed.roots]):
        if os.path.realpath(folder) in packages:
            continue  # another folder of packages, which has been read as one
        path = _workspace_path(folder, root, outside)
        if path is not None:
            edited.inner[folder] = path
        else:
            edited.foreign[folder], looked_at = read_code(folder)
            edited.looked_at += looked_at
    return edited


def _workspace_path(folder: str, root: Path, outside: Sequence[str]) -> str | None:
    """A folder's path from the workspace's root; None where it lies elsewhere, or holds installed packages."""
    real = os.path.realpath(folder)
    if any(_is_within(real, os.path.realpath(place)) for place in outside):
        return None
    inside = os.path.realpath(root)
    if not _is_within(real, inside):
        return None
    path = os.path.relpath(real, inside)
    return "" if path == "." else path


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


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
        return _own_probe()
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
    if not place.local.is_dir():
        return probe
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(encode(probe))
    except OSError:
        return probe  # a cache that cannot be written costs time only
    return probe


def _own_probe() -> Probe:
    told: dict[str, Any] = {}
    exec(_PROBE, told)  # noqa: S102 - our own text, the very one that other Pythons are asked with
    return msgspec.convert(told["probe"](), Probe)


def _ask(executable: Path) -> Probe:
    asked = f"{_PROBE}\nimport json; print(json.dumps(probe()))"
    try:
        done = subprocess.run(
            [str(executable), "-c", asked], capture_output=True, timeout=60, check=True, stdin=subprocess.DEVNULL
        )
        return decode(done.stdout, Probe)
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError) as error:
        raise MachineError(
            f"the Python `{executable}` does not start",
            hint="mend the environment, or name another in `onward.toml`: `[environment]` `python = ...`",
        ) from error


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
