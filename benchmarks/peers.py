"""The tools side by side: how each is given a workload, run, made to forget, and asked for its results.

Every tool is run as its users run it: one command in the workload's folder, with as many steps at once as it
chooses by itself (ninja two more than there are cores, onward one more, DVC one); doit, which would run one, and
Snakemake, which wants to be told, run as many as there are cores. All but onward start a process for each step;
`doit, one process` calls the functions inside doit itself, without any isolation of one step from the next; onward
forks a fresh process for each step.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from benchmarks import environments
from benchmarks.measure import cores, variables
from benchmarks.workload import Form, Rule, Workload

MISSING = "missing"
_SCRIPTS = Path(sys.executable).parent


class Peer(Protocol):
    """One way to use one tool; `tool` is what `start_up` knows it by."""

    name: str
    tool: str

    def install(self) -> None:
        """Brings the tool here, where it is not part of our own environment.

        Raises:
            NotInstalledError: that cannot be done here.
        """
        ...

    def lay_out(self, workload: Workload, folder: Path) -> None:
        """Gives the tool a workload in an empty folder."""
        ...

    def command(self, folder: Path) -> list[str]:
        """Brings everything up to date, run in the workload's folder."""
        ...

    def forget(self, folder: Path) -> None:
        """Takes away all that the tool has made and remembers: the next run is a first one."""
        ...

    def lose_results(self, folder: Path) -> None:
        """Takes the files of the results away and leaves what the tool remembers."""
        ...

    def results(self, workload: Workload, folder: Path) -> Mapping[str, Any]:
        """Each step's result as the tool has it now, `MISSING` where there is none."""
        ...


def start_up(tool: str) -> list[str]:
    """The command that a tool is started by, without what it is to do."""
    if tool in environments.VERSIONS:
        return [str(environments.program(tool))]
    if tool == "onward":
        return [str(_SCRIPTS / "onward")]
    if tool == "ninja":
        return [_ninja()]
    return [sys.executable, "-m", "doit"]


def version_of(tool: str) -> str:
    """The version that a tool says it has."""
    said = subprocess.run([*start_up(tool), "--version"], env=variables(), capture_output=True, text=True, check=True)
    found = re.search(r"\d+(\.\d+)+", said.stdout)
    return found[0] if found else said.stdout.strip()


def _ninja() -> str:
    import ninja

    return str(Path(ninja.BIN_DIR) / "ninja")


class _WithFiles:
    """What the tools share that are told rules: results are files in `out`."""

    tool = ""
    memory: tuple[str, ...] = ()

    def __init__(self, name: str, *, knows_library: bool) -> None:
        self.name = name if knows_library else f"{name}, library not declared"
        self._knows_library = knows_library

    def install(self) -> None:
        if self.tool in environments.VERSIONS:
            environments.install(self.tool)

    def takes(self, rule: Rule) -> list[str]:
        """The files that the tool is told a rule reads."""
        return [rule.script, *rule.inputs, *(rule.library if self._knows_library else ())]

    def forget(self, folder: Path) -> None:
        for inside in self.memory:
            _put_away(folder, inside)
        self.lose_results(folder)

    def lose_results(self, folder: Path) -> None:
        _put_away(folder, "out")
        (folder / "out").mkdir()

    def results(self, workload: Workload, folder: Path) -> dict[str, Any]:
        found = {}
        for rule in workload.rules():
            path = folder / rule.output
            found[rule.name] = workload.read_file(path) if path.exists() else MISSING
        return found


class Ninja(_WithFiles):
    """ninja, with one build statement for each step."""

    tool = "ninja"
    memory = (".ninja_log", ".ninja_deps")

    def __init__(self, *, knows_library: bool = True) -> None:
        super().__init__("ninja", knows_library=knows_library)

    def lay_out(self, workload: Workload, folder: Path) -> None:
        workload.write(folder, "rules")
        lines = ["rule step", "  command = $run", ""]
        for rule in workload.rules():
            lines.append(f"build {rule.output}: step {' '.join(self.takes(rule))}")
            lines.append(f"  run = {' '.join(command_of(rule))}")
        (folder / "build.ninja").write_text("\n".join(lines) + "\n")
        self.forget(folder)

    def command(self, folder: Path) -> list[str]:
        return [*with_modules(folder / "lib"), *start_up(self.tool), "--quiet"]


DODO = """\
import importlib
import json

with open("rules.json") as file:
    RULES = json.load(file)


def call(script, name, output, inputs):
    from starting import call as start

    start(getattr(importlib.import_module(script), name), output, inputs)


def task_step():
    for rule in RULES:
        action = (call, rule["call"]) if {in_process} else rule["command"]
        yield {{
            "name": rule["name"],
            "file_dep": rule["takes"],
            "targets": [rule["output"]],
            "actions": [action],
        }}
"""


class Doit(_WithFiles):
    """doit, with one task for each step."""

    tool = "doit"
    memory = (".doit.db", ".doit.db.db", ".doit.db.dat", ".doit.db.dir", ".doit.db.bak")

    def __init__(self, *, knows_library: bool = True, in_process: bool = False) -> None:
        super().__init__("doit, one process" if in_process else "doit", knows_library=knows_library)
        self._in_process = in_process

    def lay_out(self, workload: Workload, folder: Path) -> None:
        workload.write(folder, "rules")
        rules = [
            {
                "name": rule.name,
                "takes": self.takes(rule),
                "output": rule.output,
                "command": command_of(rule),
                "call": [f"steps.{Path(rule.script).stem}", rule.name, rule.output, list(rule.inputs)],
            }
            for rule in workload.rules()
        ]
        (folder / "rules.json").write_text(json.dumps(rules))
        (folder / "dodo.py").write_text(DODO.format(in_process=self._in_process))
        self.forget(folder)

    def command(self, folder: Path) -> list[str]:
        parallel = [] if self._in_process else ["-n", str(cores()), "-P", "thread"]
        # doit puts its own folder on the path of Python actions, and the steps' files are imported from it.
        return [*with_modules(folder / "lib", folder), *start_up(self.tool), "-v", "0", *parallel]


DVC_CONFIG = """\
[core]
    analytics = false
    check_update = false
    site_cache_dir = {folder}/.dvc/site
"""


class Dvc(_WithFiles):
    """DVC, with one stage for each step, in a git repository; what it would keep below /var lies in `.dvc` too."""

    tool = "dvc"
    memory = (".dvc/cache", ".dvc/tmp", ".dvc/site", "dvc.lock")

    def __init__(self, *, knows_library: bool = True) -> None:
        super().__init__("DVC", knows_library=knows_library)

    def lay_out(self, workload: Workload, folder: Path) -> None:
        workload.write(folder, "rules")
        stages = {
            rule.name: {"cmd": shlex.join(command_of(rule)), "deps": self.takes(rule), "outs": [rule.output]}
            for rule in workload.rules()
        }
        # YAML takes JSON as it is.
        (folder / "dvc.yaml").write_text(json.dumps({"stages": stages}))
        (folder / ".dvc").mkdir()
        (folder / ".dvc/config").write_text(DVC_CONFIG.format(folder=folder))
        (folder / ".dvc/.gitignore").write_text("/cache\n/site\n/tmp\n")
        (folder / ".gitignore").write_text("out/\n")
        self.forget(folder)
        _commit(folder)

    def command(self, folder: Path) -> list[str]:
        return [*with_modules(folder / "lib"), *start_up(self.tool), "repro", "--quiet"]


SNAKEFILE = """\
import json

with open("rules.json") as file:
    RULES = json.load(file)


rule all:
    input:
        [step["output"] for step in RULES],


for step in RULES:

    rule:
        name:
            step["name"]
        input:
            step["takes"],
        output:
            step["output"],
        params:
            command=step["command"],
        shell:
            "{params.command}"
"""


class Snakemake(_WithFiles):
    """Snakemake, with one rule for each step."""

    tool = "snakemake"
    memory = (".snakemake",)

    def __init__(self, *, knows_library: bool = True) -> None:
        super().__init__("Snakemake", knows_library=knows_library)

    def lay_out(self, workload: Workload, folder: Path) -> None:
        workload.write(folder, "rules")
        rules = [
            {
                "name": rule.name,
                "takes": self.takes(rule),
                "output": rule.output,
                "command": shlex.join(command_of(rule)),
            }
            for rule in workload.rules()
        ]
        (folder / "rules.json").write_text(json.dumps(rules))
        (folder / "Snakefile").write_text(SNAKEFILE)
        self.forget(folder)

    def command(self, folder: Path) -> list[str]:
        parallel = ["--cores", str(cores())]
        return [*with_modules(folder / "lib"), *start_up(self.tool), *parallel, "--quiet", "all"]


class Onward:
    """onward, in a git repository with everything committed, as a team would have it."""

    tool = "onward"

    def __init__(self, form: Form = "onward", name: str = "onward") -> None:
        self.name = name
        self._form: Form = form

    def install(self) -> None:
        """onward is what is measured: it is there."""

    def lay_out(self, workload: Workload, folder: Path) -> None:
        workload.write(folder, self._form)
        (folder / "onward.toml").write_text("")
        (folder / "projects/bench/out").mkdir(exist_ok=True)
        (folder / ".gitignore").write_text("projects/bench/out/\n")
        _commit(folder)

    def command(self, folder: Path) -> list[str]:
        return [*start_up(self.tool), "run"]

    def forget(self, folder: Path) -> None:
        _put_away(folder, ".onward")
        self.lose_results(folder)

    def lose_results(self, folder: Path) -> None:
        """Files of results, and what is derived from the store; results that are no files lie in the store."""
        _put_away(folder, "projects/bench/out")
        (folder / "projects/bench/out").mkdir()
        for derived in ("cache", "state"):
            _put_away(folder, f".onward/{derived}")

    def results(self, workload: Workload, folder: Path) -> dict[str, Any]:
        found: dict[str, Any] = dict.fromkeys(workload.names, MISSING)
        if self._form == "onward files":
            paths = {name: folder / f"projects/bench/out/{name}.txt" for name in found}
            return {name: workload.read_file(path) if path.exists() else MISSING for name, path in paths.items()}
        for name, (media, path) in _artifacts(folder).items():
            stem = name.rpartition("/")[2]
            if stem in found and path is not None:
                found[stem] = workload.read_artifact(media, path)
        return found


def _artifacts(folder: Path) -> dict[str, tuple[str, Path | None]]:
    """The results of the last run: media type, and the path of the bytes that hold the value."""
    from onward.app.wiring import open_workspace

    with open_workspace(folder) as opened:
        store = opened.store
        runs = store.records.run_ids()
        run = store.records.run(runs[-1]) if runs else None
        found: dict[str, tuple[str, Path | None]] = {}
        for name, artifact in (run.artifacts if run is not None else {}).items():
            first = artifact.parts[0] if artifact.is_tree else None
            address, media = (first.bytes, first.media) if first else (artifact.bytes, artifact.media)
            found[name] = (media, store.objects.path(address))
        return found


def command_of(rule: Rule) -> list[str]:
    """The command that carries a rule out in a process of its own."""
    if rule.command:
        return list(rule.command)
    return [sys.executable, rule.script, rule.name, rule.output, *rule.inputs]


def with_modules(*folders: Path) -> list[str]:
    """The beginning of a command whose Python, and that of the steps, imports from these folders too."""
    return ["/usr/bin/env", f"PYTHONPATH={':'.join(map(str, folders))}"]


def wrong(expected: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """The steps whose result is missing or is not the right one."""
    return [name for name, value in expected.items() if not _equal(found.get(name, MISSING), value)]


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _commit(folder: Path) -> None:
    """Makes a git repository of a folder, with all that lies in it."""
    git = ["git", "-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost", "-c", "gc.auto=0"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "The workload"]):
        subprocess.run([*git, *words], cwd=folder, check=True, env=variables())


def _put_away(folder: Path, inside: str) -> None:
    """Moves what lies in a workload's folder to a place beside it.

    It is not deleted: for minutes after many files were, ext4 takes several times as long to make new ones, and the
    run that is timed next would pay for it.
    """
    path = folder / inside
    if path.exists():
        away = Path(tempfile.mkdtemp(prefix=f"{folder.name}-away-", dir=folder.parent))
        path.rename(away / path.name)
