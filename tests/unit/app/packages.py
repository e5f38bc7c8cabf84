"""Made-up package folders: what an installer leaves behind, written by the test."""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Sequence
from pathlib import Path

from onward.app.environments.distributions import Distributions
from onward.app.environments.installed import Installed, read_installed

FACTS = {"python_version": "3.11", "python_full_version": "3.11.7", "sys_platform": "linux", "os_name": "posix"}
STDLIB = ("os", "json", "importlib", "sys")


class Packages:
    """One package folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add(
        self,
        name: str,
        version: str = "1.0",
        requires: Sequence[str] = (),
        files: dict[str, str] | None = None,
        entry_points: str = "",
        direct_url: object = None,
    ) -> None:
        """Installs a distribution; without `files` it is one package of its own name. Takes an older one away."""
        stem = name.replace("-", "_")
        files = dict(files if files is not None else {f"{stem}/__init__.py": f"VERSION = {version!r}\n"})
        self.remove(name)
        home = f"{stem}-{version}.dist-info"
        files[f"{home}/METADATA"] = (
            "\n".join(
                [
                    f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}",
                    *(f"Requires-Dist: {line}" for line in requires),
                ]
            )
            + "\n\nRequires-Dist: text-of-the-description\n"
        )
        if entry_points:
            files[f"{home}/entry_points.txt"] = entry_points
        if direct_url is not None:
            files[f"{home}/direct_url.json"] = json.dumps(direct_url)
        for path, content in files.items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content)
        rows = [f"{path},sha256={zlib.crc32(content.encode())},{len(content)}" for path, content in files.items()]
        rows += [
            f"{stem}/__pycache__/__init__.cpython-311.pyc,,",
            "../../../bin/tool,sha256=other,1",
            f"{home}/RECORD,,",
        ]
        (self.folder / home / "RECORD").write_text("\n".join(rows) + "\n")

    def remove(self, name: str) -> None:
        """Takes a distribution away, with the folder of its name."""
        stem = name.replace("-", "_")
        for folder in [*self.folder.glob(f"{stem}-*.dist-info"), self.folder / stem]:
            shutil.rmtree(folder, ignore_errors=True)

    def installed(self) -> Installed:
        return read_installed([str(self.folder)], None)

    def distributions(self, members: Sequence[str] = ()) -> Distributions:
        return Distributions(self.installed(), FACTS, STDLIB, members)
