"""The set-up script, run in a repository of its own with a uv that only writes down what it is asked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "dev.py"

# What it is asked goes to `log`. `venv` makes a folder with a Python; a file `broken` makes `sync` fail.
UV = """\
#!/bin/sh
if [ "$1" = --version ]; then echo "uv 0.13.9"; exit 0; fi
echo "$*" >> "{root}/log"
echo "$UV_DEFAULT_INDEX $SSL_CERT_FILE" > "{root}/settings"
for last in "$@"; do :; done
if [ "$1" = venv ]; then mkdir -p "$last/bin" && ln -s "{python}" "$last/bin/python"; fi
if [ "$2" = sync ]; then sleep 0.2; test ! -e "{root}/broken"; fi
"""


@dataclass(frozen=True)
class Repository:
    """A repository that holds the script; `programs` is the folder first on the PATH."""

    root: Path
    programs: Path

    def start(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        surroundings = {"HOME": str(self.root), "PATH": f"{self.programs}:/usr/bin:/bin", **variables}
        command = [sys.executable, self.root / "tools" / "dev.py", *words]
        return subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, *words: str, **variables: str) -> tuple[int, str]:
        """The exit status, and all that was printed."""
        with self.start(*words, **variables) as process:
            said, _ = process.communicate()
        return process.returncode, said

    def pip(self, code: str) -> str:
        """A folder for PYTHONPATH in which `python -m pip` runs `code`."""
        module = self.programs / "modules" / "pip" / "__main__.py"
        module.parent.mkdir(parents=True)
        module.with_name("__init__.py").touch()
        module.write_text(code, "utf-8")
        return str(module.parents[1])

    def asked(self) -> list[str]:
        """What uv was asked since the last time: the first words of each call."""
        log = self.root / "log"
        calls = log.read_text("utf-8").splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [" ".join(re.findall(r"^(?:pip )?[a-z]+", call)) for call in calls]

    @property
    def environment(self) -> Path:
        return self.root / ".venv"


@pytest.fixture
def project(tmp_path: Path) -> Repository:
    programs = tmp_path / "programs"
    root = tmp_path / "a repository"
    (root / "tools").mkdir(parents=True)
    programs.mkdir()
    shutil.copy(SCRIPT, root / "tools")
    (root / "pyproject.toml").write_text('requires = ["hatchling"]\n', "utf-8")
    (root / "requirements.lock").write_text("one==1\n", "utf-8")
    uv = programs / "uv"
    uv.write_text(UV.format(root=root, python=os.path.realpath(sys.executable)), "utf-8")
    uv.chmod(0o755)
    return Repository(root, programs)


ALL = ["venv", "pip sync", "pip install"]


def test_the_first_time_makes_the_environment_and_the_second_time_nothing(project: Repository) -> None:
    assert project.run("setup")[0] == 0
    assert project.asked() == ALL
    assert project.run("setup") == (0, "")
    assert project.asked() == []


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_change_of_what_it_is_made_from_brings_it_up_to_date_in_place(name: str, project: Repository) -> None:
    project.run("setup")
    project.asked()
    (project.environment / "own").touch()
    with (project.root / name).open("a", encoding="utf-8") as file:
        file.write("# more\n")
    assert project.run("setup")[0] == 0
    assert project.asked() == ALL[1:]
    assert (project.environment / "own").exists()


def test_a_set_up_that_failed_says_where_and_is_made_anew(project: Repository) -> None:
    (project.root / "broken").touch()
    status, said = project.run("setup")
    assert status == 1 and "pip sync" in said
    (project.root / "broken").unlink()
    (project.environment / "half").touch()
    project.asked()
    assert project.run("setup")[0] == 0
    assert project.asked() == ALL
    assert not (project.environment / "half").exists()


def test_an_environment_whose_python_has_gone_is_made_anew(project: Repository) -> None:
    project.run("setup")
    project.asked()
    (project.environment / "bin" / "python").unlink()
    (project.environment / "bin" / "python").symlink_to("/no/such/python")
    assert project.run("setup")[0] == 0
    assert project.asked() == ALL


def test_several_at_once_set_up_once(project: Repository) -> None:
    processes = [project.start("setup") for _ in range(4)]
    printed = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, printed
    assert project.asked() == ALL


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "https://pip.example/simple /certificates/pip.pem"),
        ({"UV_DEFAULT_INDEX": "https://uv.example"}, "https://uv.example /certificates/pip.pem"),
        ({"SSL_CERT_FILE": "/uv.pem"}, "https://pip.example/simple /uv.pem"),
    ],
)
def test_uv_fetches_from_where_pip_would_unless_it_has_settings_of_its_own(
    variables: dict[str, str], expected: str, project: Repository
) -> None:
    told = "global.cert='/certificates/pip.pem'\nglobal.index-url='https://pip.example/simple'"
    pip = project.pip(f"import sys; assert sys.argv[1:] == ['config', 'list']; print({told!r})")
    assert project.run("setup", PYTHONPATH=pip, **variables)[0] == 0
    assert (project.root / "settings").read_text("utf-8") == f"{expected}\n"


def test_another_python_has_an_environment_of_its_own(project: Repository) -> None:
    project.run("setup")
    project.asked()
    assert project.run("setup", PYTHON="3.13")[0] == 0
    assert project.asked() == ALL
    assert (project.root / ".dev" / "python-3.13" / "bin" / "python").exists()
    assert project.run("setup", PYTHON="3.13") == project.run("setup") == (0, "")
    assert project.asked() == []


def test_a_program_runs_in_the_environment_with_bytecode_and_its_own_status(project: Repository) -> None:
    code = "import os, sys; print(os.environ['VIRTUAL_ENV'], sys.dont_write_bytecode, sys.argv[1:]); sys.exit(7)"
    variables = {"PYTHONDONTWRITEBYTECODE": "1", "VIRTUAL_ENV": "/elsewhere", "PYTHONPATH": "/elsewhere"}
    project.run("setup")
    status, said = project.run("run", "python", "-c", code, "-m", "not long", **variables)
    assert status == 7
    assert said == f"{project.environment} False ['-m', 'not long']\n"


@pytest.mark.parametrize("answer", ["exit 127", "echo 'uv 0.1.2'"])
def test_a_uv_that_does_not_run_or_is_too_old_is_passed_over(answer: str, project: Repository) -> None:
    (project.programs / "uv").write_text(f"#!/bin/sh\n{answer}\n", "utf-8")
    status, said = project.run("setup", PYTHONPATH=project.pip("raise SystemExit(1)"))
    assert status == 4
    assert "python3-pip" in said


def test_a_missing_uv_is_installed_by_pip_into_the_repository(project: Repository) -> None:
    uv = (project.programs / "uv").rename(project.programs / "other")
    code = f"""\
import os, shutil, sys
if "install" in sys.argv:
    target = sys.argv[sys.argv.index("--target") + 1]
    os.makedirs(target + "/bin")
    shutil.copy({str(uv)!r}, target + "/bin/uv")
"""
    assert project.run("setup", PYTHONPATH=project.pip(code))[0] == 0
    assert project.asked() == ALL
    assert (project.root / ".dev" / "bin" / "uv").exists()


def test_a_demonstration_that_make_did_not_make_is_left_alone(project: Repository) -> None:
    mine = project.root / "build" / "demo" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.touch()
    status, said = project.run("demo")
    assert status == 4 and "move it away" in said
    assert mine.exists()


def test_the_demonstration_is_made_by_the_commands_in_order_and_the_site_is_named(
    project: Repository,
) -> None:
    project.run("setup")
    onward = project.environment / "bin" / "onward"
    onward.write_text(f'#!/bin/sh\necho "$*" >> "{project.root}/commands"; touch "$2/made"\n', "utf-8")
    onward.chmod(0o755)
    for _ in range(2):
        status, said = project.run("demo")
        assert status == 0, said
        assert f"{project.root}/build/site/index.html" in said
    commands = (project.root / "commands").read_text("utf-8").replace(f"-C {project.root}/build/demo ", "")
    assert commands.splitlines() == ["init --demo", "run", "release", f"site --out {project.root}/build/site"] * 2
    assert (project.root / "build" / "demo-before" / "made").exists()


def test_a_wrong_word_is_answered_with_the_known_ones(project: Repository) -> None:
    for words in ([], ["dmo"], ["setup", "now"], ["run"]):
        status, said = project.run(*words)
        assert status == 2 and "setup|browser|demo|lock|newest" in said


def test_without_a_browser_it_is_said_loudly_which_tests_will_fail(project: Repository) -> None:
    status, said = project.run("browser", PATH=str(project.programs))
    assert status == 0
    assert "The tests marked `browser` will FAIL" in said


def test_a_browser_is_installed_by_whoever_may_do_so(project: Repository) -> None:
    installer = project.programs / "apt-get"
    installer.write_text(f"#!/bin/sh\n[ $1 = update ] || /bin/ln -s /bin/true '{project.programs}/chromium'\n", "utf-8")
    installer.chmod(0o755)
    said = project.run("browser", PATH=str(project.programs))[1]
    assert (project.programs / "chromium").exists() is (os.geteuid() == 0)
    assert ("will FAIL" in said) is (os.geteuid() != 0)
    if os.geteuid() == 0:
        assert project.run("browser", PATH=str(project.programs)) == (0, "")
