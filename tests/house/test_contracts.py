"""The contracts on imports bite: each breach of the layers that matters is found, and a tidy tree passes."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
CONTRACTS = REPOSITORY / ".importlinter"
APART = {"api", "runtime"}


def contracts() -> configparser.ConfigParser:
    config = configparser.ConfigParser()
    config.read(CONTRACTS, "utf-8")
    return config


def packages_of_the_contracts() -> set[str]:
    """Every package that the first contract gives a place, those apart included."""
    layers = contracts()["importlinter:contract:layers"]
    return names_in(layers["layers"]) | set(layers["exhaustive_ignores"].split())


def packages_of_the_verbs() -> set[str]:
    return names_in(contracts()["importlinter:contract:verbs"]["layers"])


def names_in(layers: str) -> set[str]:
    return set(layers.replace("|", " ").split())


def lint(folder: Path, files: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The contracts, run on a skeleton of onward with `files` put in."""
    packages = [*packages_of_the_contracts(), *(f"app/{verbs}" for verbs in packages_of_the_verbs())]
    skeleton = {f"{package}/__init__.py": "" for package in packages}
    for name, text in {"__init__.py": "from onward.api import ref\n", **skeleton, **files}.items():
        path = folder / "onward" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache", "--config", CONTRACTS],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_package_has_its_place() -> None:
    home = REPOSITORY / "src" / "onward"
    packages = {path.parent.name for path in home.glob("*/__init__.py")}
    modules = {path.stem for path in home.glob("*.py")} - {"__init__"}
    assert packages | modules == packages_of_the_contracts()


def test_what_stands_apart_is_kept_apart_from_every_other_package() -> None:
    others = {f"onward.{package}" for package in packages_of_the_contracts() - APART}
    assert set(contracts()["importlinter:contract:apart"]["forbidden_modules"].split()) == others
    assert set(contracts()["importlinter:contract:private"]["source_modules"].split()) == others


@pytest.mark.parametrize(
    ("contract", "files"),
    [
        ("layers", {"base/errors.py": "from onward.model import step\n", "model/step.py": ""}),
        ("layers", {"engine/decide.py": "from onward.store import objects\n", "store/objects.py": ""}),
        ("layers", {"steps/sql.py": "from onward.checks import table\n", "checks/table.py": ""}),
        ("layers", {"app/running/run.py": "from onward.cli import main\n", "cli/main.py": ""}),
        ("layers", {"portfolio/__init__.py": ""}),
        ("verbs", {"app/running/run.py": "from onward.app.releases import channels\n", "app/releases/channels.py": ""}),
        ("verbs", {"app/errands.py": "from onward.app.running import run\n", "app/running/run.py": ""}),
        ("verbs", {"app/budgets.py": ""}),
        ("kinds", {"steps/sql.py": "from onward.store import objects\n", "store/objects.py": ""}),
        ("kinds", {"checks/table.py": "from onward.engine import graph\n", "engine/graph.py": ""}),
        ("apart", {"api/names.py": "from onward.base import text\n", "base/text.py": ""}),
        ("apart", {"runtime/worker.py": "def f():\n    from onward.base import text\n", "base/text.py": ""}),
        ("private", {"steps/sql.py": "from onward.runtime import worker\n", "runtime/worker.py": ""}),
        ("private", {"app/running/run.py": "from onward.api import names\n", "api/names.py": ""}),
        ("pure", {"engine/decide.py": "import subprocess\n"}),
        ("pure", {"engine/decide.py": "from pathlib import Path\n"}),
        ("pure", {"model/step.py": "from time import time\n"}),
        ("pure", {"languages/read.py": "import os.path\n"}),
        ("acyclic", {"store/a.py": "from onward.store import b\n", "store/b.py": "import onward.store.a\n"}),
    ],
)
def test_a_breach_is_found_by_its_contract(contract: str, files: dict[str, str], tmp_path: Path) -> None:
    done = lint(tmp_path, files)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{contracts()[f'importlinter:contract:{contract}']['name']} BROKEN" in done.stdout, done.stdout
    assert "1 broken" in done.stdout


def test_imports_that_point_down_pass(tmp_path: Path) -> None:
    files = {
        "base/digest.py": "import pathlib\n",
        "model/step.py": "from onward.base import digest\n",
        "engine/decide.py": "from onward.model import step\n",
        "languages/read.py": "import ast\n",
        "store/objects.py": "import os\nfrom onward.base import digest\n",
        "steps/sql.py": "import subprocess\nfrom onward.languages import read\n",
        "app/running/run.py": "from onward.engine import decide\nfrom onward.steps import sql\n",
        "cli/main.py": "import onward\nfrom onward.app.running import run\n",
        "api/names.py": "from onward.runtime import worker\n",
        "runtime/worker.py": "import os\n",
    }
    done = lint(tmp_path, files)
    assert done.returncode == 0, done.stdout + done.stderr
