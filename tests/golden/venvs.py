"""Real environments for tests: made by uv, from wheels that the test builds itself. Nothing is fetched."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.dev import find_uv


def wheel(folder: Path, name: str, version: str, requires: Sequence[str] = (), code: str = "") -> Path:
    """A wheel of one package of the same name."""
    about = f"{name}-{version}.dist-info"
    headers = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}", *(f"Requires-Dist: {r}" for r in requires)]
    files = {
        f"{name}/__init__.py": f"VERSION = {version!r}\n{code}",
        f"{about}/METADATA": "\n".join(headers) + "\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{path},sha256={_digest(content)},{len(content)}" for path, content in files.items()]
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as archive:
        for path, content in {**files, f"{about}/RECORD": "\n".join([*rows, f"{about}/RECORD,,"]) + "\n"}.items():
            archive.writestr(path, content)
    return made


def _digest(content: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=").decode()


def uv(folder: Path, *words: str | Path) -> None:
    """Runs uv in a folder, without a network."""
    variables: Mapping[str, str] = {
        **{name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")},
        "UV_OFFLINE": "1", "UV_NO_CONFIG": "0", "UV_PYTHON_DOWNLOADS": "never",
    }  # fmt: skip
    done = subprocess.run(
        [find_uv(), *map(str, words)], cwd=folder, env=variables, capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stderr
