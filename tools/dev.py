"""Sets onward up for its developers, and runs what the Makefile offers.

Standard library only, for it runs before anything is installed: it brings uv, makes the locked environment,
looks for a browser, and hands over to the program that was asked for. What is set up already costs one
digest. It knows nothing of onward's code. `PYTHON=3.13` (a version or a path) chooses another Python, with an
environment of its own beside the usual one.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".dev"
LOCK_FILE = ROOT / "requirements.lock"
DEMO = ROOT / "build" / "demo"
DEMO_MARK = DEMO / ".git" / "made-by-make-demo"

# The Python that runs this, without a virtual environment around it: that one may be the one to be made, and
# has no pip.
PYTHON = getattr(sys, "_base_executable", sys.executable)
PIP = [PYTHON, "-m", "pip"]

UV_VERSION = "0.13.9"
UV_OLDEST = (0, 8)
OLDEST_PYTHON = (3, 11)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MOST_WORKERS = 8


def main() -> None:
    """Does what the first word says; the exit status is that of the program that was run."""
    verb, *words = sys.argv[1:] or [""]
    plain = {"setup": set_up, "browser": browser, "demo": demo, "lock": lock, "newest": newest}
    if verb == "run" and words:
        replace_by(words)
    elif verb == "test":
        replace_by(["pytest", "-n", str(worker_count()), *words])
    elif verb in plain and not words:
        plain[verb]()
    else:
        stop(f"usage: tools/dev.py {'|'.join(plain)}, or run PROGRAM..., or test [PYTEST OPTIONS...]", status=2)


def set_up() -> Path:
    """The folder of the environment, made or brought up to date where it has to be.

    The stamp in it says what it was made from. It is taken away first and written last: an environment
    without one is half made, and is made anew.
    """
    chosen = os.environ.get("PYTHON", "")
    place = TOOLS / f"python-{re.sub(r'[^A-Za-z0-9.]+', '-', chosen).strip('-')}" if chosen else ROOT / ".venv"
    python, version = (chosen, chosen) if chosen else running_python()
    wanted = f"{version}\n{digest_of(LOCK_FILE, ROOT / 'pyproject.toml')}\n"
    stamp = place / "made-from"
    with one_at_a_time("set-up"):
        made_from = stamp.read_text("utf-8") if stamp.is_file() else ""
        whole = made_from.partition("\n")[0] == version and (place / "bin" / "python").exists()
        if whole and made_from == wanted:
            return place
        uv = find_uv()
        stamp.unlink(missing_ok=True)
        if not whole:
            discard(place)
            call([uv, "venv", "--quiet", "--python", python, place])
        target, settings = ["--quiet", "--python", place / "bin" / "python"], settings_of_pip()
        print(f"installing what {LOCK_FILE.name} names into {place.relative_to(ROOT)}", file=sys.stderr)
        call([uv, "pip", "sync", *target, "--require-hashes", LOCK_FILE], settings)
        # The build backend is locked too, so nothing is fetched that has no digest.
        call([uv, "pip", "install", *target, "--no-deps", "--no-build-isolation", "--editable", ROOT], settings)
        stamp.write_text(wanted, "utf-8")
    return place


def running_python() -> tuple[str, str]:
    """What to make the environment from where nobody has chosen: a Python for uv, and its version.

    Where the Python that runs this is too old, any newer one that uv finds or fetches.
    """
    if sys.version_info < OLDEST_PYTHON:
        newer = f">={'.'.join(map(str, OLDEST_PYTHON))}"
        return newer, newer
    return PYTHON, f"{sys.version_info.major}.{sys.version_info.minor}"


def digest_of(*paths: Path) -> str:
    """One digest of some files' contents."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


@contextlib.contextmanager
def one_at_a_time(work: str) -> Generator[None, None, None]:
    """Keeps other processes waiting that do this `work` in this folder; a killed one frees its place."""
    TOOLS.mkdir(exist_ok=True)
    with open(TOOLS / f"{work}.lock", "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another {work} in this folder", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def find_uv() -> str:
    """The path of a uv that works: of the machine, else of `.dev`, where it is installed if need be."""
    own = str(TOOLS / "bin" / "uv")
    for candidate in (shutil.which("uv"), own):
        if candidate and version_of(candidate) >= UV_OLDEST:
            return candidate
    print(f"installing uv {UV_VERSION} into {TOOLS.name}", file=sys.stderr)
    if subprocess.run([*PIP, "--version"], capture_output=True, check=False).returncode != 0:
        stop("pip is missing: install it (Debian: `apt-get install python3-pip`), or put uv on the PATH")
    call([*PIP, "install", "--quiet", "--upgrade", "--no-deps", "--target", TOOLS, f"uv=={UV_VERSION}"])
    if version_of(own) < UV_OLDEST:
        stop(f"pip has installed uv, but {own} does not run")
    return own


def settings_of_pip() -> dict[str, str]:
    """The caller's variables, with those that make uv use the index and trust the certificates that pip does.

    uv reads no settings of pip's; a machine behind a company's index or proxy often has just these. What is
    set for uv already wins.
    """
    told = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=False).stdout
    settings = dict(re.findall(r"^\S*\.([a-z-]+)='(.*)'$", told, re.MULTILINE))
    variables = {}
    if "index-url" in settings:
        variables["UV_DEFAULT_INDEX"] = settings["index-url"]
    if "cert" in settings:
        variables["SSL_CERT_FILE"] = settings["cert"]
    elif ssl.create_default_context().cert_store_stats()["x509_ca"]:  # the machine has any of its own
        variables["UV_SYSTEM_CERTS"] = "true"
    return {**variables, **os.environ}


def version_of(uv: str) -> tuple[int, ...]:
    """The version of a uv; empty, which is older than any, where it is no program that runs."""
    try:
        said = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return ()
    found = re.match(r"uv (\d+)\.(\d+)", said)
    return tuple(map(int, found.groups())) if found else ()


def discard(place: Path) -> None:
    """Takes an environment away, or a link that stands in its place."""
    if place.is_symlink():
        place.unlink()
    elif place.exists():
        shutil.rmtree(place)


def replace_by(words: list[str]) -> NoReturn:
    """Becomes the program `words`, in the environment."""
    place = set_up()
    os.chdir(ROOT)
    surroundings = environment_of(place)
    program = shutil.which(words[0], path=surroundings["PATH"])
    if program is None:
        stop(f"the environment has no program `{words[0]}`")
    sys.stdout.flush()
    os.execve(program, words, surroundings)


def environment_of(place: Path) -> dict[str, str]:
    """The caller's variables, with the environment at `place` active and nothing of another one.

    Bytecode may be written: without it every start compiles every import anew.
    """
    kept = {name: value for name, value in os.environ.items() if name not in {"CONDA_PREFIX", "PYTHON"}}
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH"):
        kept.pop(name, None)
    return kept | {
        "VIRTUAL_ENV": str(place),
        "PATH": f"{place / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
    }


def worker_count() -> int:
    """How many processes run tests: one more than there are processors, for many tests wait for a process."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed + 1, MOST_WORKERS)


def browser() -> None:
    """Installs Debian's Chromium where there is none and this may be done; else says what will fail."""
    if any(map(shutil.which, BROWSERS)):
        return
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        print("installing Chromium for the tests of pages", file=sys.stderr)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", *words], env=quiet, stdout=subprocess.DEVNULL, check=False)
    if not any(map(shutil.which, BROWSERS)):
        print(
            "\n*** There is no Chromium here, and it cannot be installed by this user.\n"
            "*** The tests marked `browser` will FAIL. As root: apt-get install chromium\n",
            file=sys.stderr,
        )


def demo() -> None:
    """A fresh demonstration workspace, run, released, and written as a site."""
    place = set_up()
    site = ROOT / "build" / "site"
    with one_at_a_time("demo"):
        build_demo(environment_of(place), site)
    print(
        f"""
The site: {site / "index.html"}

What to try next:
  cd {shlex.quote(str(DEMO))}
  . {shlex.quote(str(place / "bin" / "activate"))}
  onward list       what there is
  onward status     nothing to do; edit a file below projects/, and ask again
  onward run        makes again what the edit reaches, and nothing else
  onward why TARGET tells why something would run, back to the edit
  onward release    the next version is out; `onward site` writes it
  README.md         six edits to make, and the way of a branch to its readers and back"""
    )


def build_demo(surroundings: dict[str, str], site: Path) -> None:
    """Makes the workspace in `build/demo`; one that was there before is moved to `build/demo-before`."""
    if DEMO.exists():
        if not DEMO_MARK.exists():
            stop(f"{DEMO} is there and was not made by `make demo`: move it away")
        earlier = DEMO.with_name("demo-before")
        discard(earlier)
        DEMO.rename(earlier)  # somebody may have tried things out in it
    DEMO.mkdir(parents=True)
    # A repository of its own: else the demonstration would be a folder of onward's.
    call(["git", "init", "--quiet", DEMO], surroundings)
    DEMO_MARK.touch()
    onward = [shutil.which("onward", path=surroundings["PATH"]) or "onward", "-C", DEMO]
    for words in (["init", "--demo"], ["run"], ["release"], ["site", "--out", site]):
        print(f"\n$ onward {' '.join(map(str, words))}", flush=True)
        call([*onward, *words], surroundings)


def lock() -> None:
    """Writes requirements.lock: for every platform, with digests, without a registry's address.

    Versions that still fit stay; take the file away first to move everything to its newest version.
    """
    backend = re.search(r"^requires = \[(.+)\]$", (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    if backend is None:
        stop("pyproject.toml names no build backend")
    form = [
        "--quiet",
        "--universal",
        "--python-version",
        ".".join(map(str, OLDEST_PYTHON)),
        "--generate-hashes",
    ]
    form += ["--no-header", "--no-annotate", "--no-emit-index-url"]
    wanted = ["--extra", "all", "--group", "dev", "pyproject.toml", "-"]
    # `editables` is what hatchling asks for when it installs a package in place.
    requirements = "\n".join([*re.findall(r'"([^"]+)"', backend[1]), "editables"])
    call(
        [find_uv(), "pip", "compile", *form, *wanted, "--output-file", LOCK_FILE.name],
        settings_of_pip(),
        requirements,
    )


def newest() -> None:
    """Prints the newest Python here that pyproject.toml names, beyond the oldest; nothing without one."""
    classifiers = re.findall(r"Python :: 3\.(\d+)", (ROOT / "pyproject.toml").read_text("utf-8"))
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for minor in sorted(map(int, classifiers), reverse=True):
        if (3, minor) <= OLDEST_PYTHON:
            return
        version = f"3.{minor}"
        for path in (shutil.which(f"python{version}"), *sorted(pyenv.glob(f"{version}.*/bin/python"))):
            # A name on the PATH may be a shim that finds nothing behind it.
            if path and subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0:
                print(path)
                return


def call(words: Sequence[str | Path], surroundings: dict[str, str] | None = None, given: str | None = None) -> None:
    """Runs a program to its end in onward's folder; `given` is its input. Its failure ends this program."""
    variables = dict(os.environ if surroundings is None else surroundings)
    # Settings of pip that do not go with `--target`; unknown ones are ignored by older pips.
    variables |= {"PIP_REQUIRE_VIRTUALENV": "0", "PIP_USER": "0", "PIP_ROOT_USER_ACTION": "ignore"}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run([str(word) for word in words], cwd=ROOT, env=variables, input=given, text=True, check=False)
    if done.returncode != 0:
        print(f"\nThis ended with {done.returncode}: {shlex.join(map(str, words))}", file=sys.stderr)
        sys.exit(done.returncode if done.returncode > 0 else 1)


def stop(words: str, status: int = 4) -> NoReturn:
    """Ends with a message; status 4 is that the machine lacks something, 2 that the words are wrong."""
    print(words, file=sys.stderr)
    sys.exit(status)


if __name__ == "__main__":
    main()
