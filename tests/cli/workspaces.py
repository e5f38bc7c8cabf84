"""Small workspaces to work on, without data libraries but where a query needs one."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

SHOP = {
    "onward.toml": 'name = "house"\n',
    "lib/common.py": "def double(x):\n    return 2 * x\n",
    "projects/shop/onward.toml": 'title = "Shop"\n[parameters]\nfactor = 3\n',
    "projects/shop/data/visits.csv": "day,visits\n1,10\n2,20\n",
    "projects/shop/steps.py": '''\
import csv
from pathlib import Path

from common import double
from onward import asset, check


@asset(unit="visits", title="Visits")
def total(visits: Path, factor=2) -> float:
    """All visits."""
    print("counting")
    with open(visits, newline="") as file:
        return double(sum(int(row["visits"]) for row in csv.DictReader(file))) * factor


@asset
def report(total: float) -> str:
    return f"# {total} visits\\n"


@check(total)
def somebody_came(total: float):
    return total > 0


@check(total, severity="warn")
def is_a_party(total: float):
    return total > 1_000_000
''',
    "projects/ops/script.py": """\
import onward as ow

ow.metric("seen", ow.load("shop/total") + 1, unit="visits")
ow.save("rows", {"a": 1})
""",
}
QUERY = {"projects/shop/daily.sql": "select day, visits * 2 as twice from visits\n"}


def write(root: Path, files: Mapping[str, str | bytes], *, git: bool = True) -> Path:
    """A workspace of these files; with git, one that has them committed."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    if git:
        run_git(root, "init", "-q", "-b", "main")
        commit(root, "first")
    return root


def commit(root: Path, message: str) -> str:
    """Commits all there is and returns the commit."""
    run_git(root, "add", "-A")
    run_git(root, "commit", "-q", "--allow-empty", "-m", message)
    return run_git(root, "rev-parse", "HEAD")


def run_git(root: Path, *words: str) -> str:
    """What git says, stripped; its own settings come from nowhere but here."""
    settings = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", "-C", str(root), *settings, *words], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def functions(**bodies: str) -> str:
    """A file of steps: by name with its arguments, the expression that each returns."""
    lines = ["import os, signal, sys, threading, time", "from pathlib import Path", "from onward import asset", ""]
    for head, body in bodies.items():
        arguments = head if "(" in head else f"{head}()"
        lines += ["@asset", f"def {arguments}:", f"    return {body}", ""]
    return "\n".join(lines)
