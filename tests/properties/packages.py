"""An environment of a workspace's own, as an installer leaves it: a Python and a few small packages."""

from __future__ import annotations

import base64
import hashlib
import shutil
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from pathlib import Path

PACKAGES: Mapping[str, tuple[str, ...]] = {"alpha": (), "beta": ("alpha",), "gamma": ()}
"""Each by the packages that it requires, and imports."""
_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def site_of(python: Path) -> Path:
    """The folder in which the packages of an environment's Python lie."""
    return python.parent.parent / "lib" / f"python{_VERSION}" / "site-packages"


def install(folder: Path, versions: Mapping[str, int], *, with_own: bool = False) -> None:
    """Sees to it that `.venv` below a folder has these packages and no others, and touches only those that differ.

    Args:
        folder: the workspace's.
        versions: what is to be installed.
        with_own: let it see the packages of the Python that runs this too.
    """
    python = folder / ".venv" / "bin" / "python"
    site = site_of(python)
    if not site.exists():
        python.parent.mkdir(parents=True)
        base = Path(getattr(sys, "_base_executable", sys.executable))
        python.symlink_to(base)
        (folder / ".venv" / "pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = false\n")
        site.mkdir(parents=True)
        if with_own:
            (site / "own.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    there = {path.name for path in site.glob("*.dist-info")}
    wanted = {_about(name, version): (name, version) for name, version in versions.items()}
    for gone in there - wanted.keys():
        shutil.rmtree(site / gone)
        shutil.rmtree(site / gone.partition("-")[0], ignore_errors=True)
    for about in wanted.keys() - there:
        _unpack(site, *wanted[about])


def _about(name: str, version: int) -> str:
    return f"{name}-{version}.0.dist-info"


def _unpack(site: Path, name: str, version: int) -> None:
    required = PACKAGES[name]
    total = " + ".join([str(version), *(f"{each}.NUMBER" for each in required)])
    headers = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}.0"]
    headers += [f"Requires-Dist: {each}" for each in required]
    files = {
        f"{name}/__init__.py": "".join(f"import {each}\n" for each in required) + f"NUMBER = {total}\n",
        f"{_about(name, version)}/METADATA": "\n".join(headers) + "\n",
    }
    files[f"{_about(name, version)}/RECORD"] = "".join(_rows(files))
    for path, text in files.items():
        (site / path).parent.mkdir(exist_ok=True)
        (site / path).write_text(text)


def _rows(files: Mapping[str, str]) -> Iterable[str]:
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        yield f"{path},sha256={digest},{len(text)}\n"


def with_required(names: Iterable[str]) -> set[str]:
    """Some packages with all that they require."""
    found: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += PACKAGES[name]
    return found
