"""What other programs get of the environment: a fixed list, what settings hand on, and what the step itself sets."""

from __future__ import annotations

import json
import os

import pytest

from onward.runtime import programs
from tests.unit.runtime.watching import workspace

SHOW = "sh -c 'echo ${ONE-none} ${TWO-none} > out.txt'"


@pytest.fixture(autouse=True)
def variables(monkeypatch):
    monkeypatch.setenv("ONE", "caller's")
    monkeypatch.delenv("TWO", raising=False)
    for name in ("ACME_HOME", "PGHOST", "HTTPS_PROXY", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK"):
        monkeypatch.setenv(name, "/x")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/nowhere")
    monkeypatch.setenv("TQDM_MINITERS", "1")


@pytest.fixture
def here(tmp_path):
    with workspace(tmp_path) as found:
        yield found


def read(found):
    """What was read of the caller's variables that these tests speak of; True for all of them."""
    return found.record["all_variables"] or sorted({"ONE", "TWO", "READ_0", "READ_1"} & {*found.record["variables"]})


def said(here):
    return (here.root / "out.txt").read_text().strip()


STARTS = {
    "subprocess": "import subprocess\nsubprocess.run(['sh', '-c', SHOW], check=True)",
    "env": "import os, subprocess\nsubprocess.run(['sh', '-c', SHOW], env=os.environ, check=True)",
    "copy": "import os, subprocess\nsubprocess.run(['sh', '-c', SHOW], env=os.environ.copy(), check=True)",
    "copy of bytes": "import os, subprocess\nsubprocess.run(['sh', '-c', SHOW], env=os.environb.copy(), check=True)",
    "copy of a copy": "import os, subprocess\nsubprocess.run(['sh', '-c', SHOW], env=os.environ.copy().copy())",
    "posix_spawn by subprocess": "import subprocess\nsubprocess.run(['/bin/sh', '-c', SHOW], close_fds=False)",
    "Popen": "import subprocess\nsubprocess.Popen(['sh', '-c', SHOW]).wait()",
    "asyncio": "import asyncio\nasync def go():\n    await (await asyncio.create_subprocess_shell(SHOW)).wait()\n"
    "asyncio.run(go())",
    "os.system": "import os\nos.system(SHOW)",
    "os.popen": "import os\nos.popen(SHOW).read()",
    "os.spawnv": "import os\nos.spawnv(os.P_WAIT, '/bin/sh', ['sh', '-c', SHOW])",
    "fork and exec": "import os\nif os.fork() == 0:\n    os.execv('/bin/sh', ['sh', '-c', SHOW])\nos.wait()",
    "fork": "import os\nif os.fork() == 0:\n    os.system(SHOW)\n    os._exit(0)\nos.wait()",
    "below Python": "import ctypes\nctypes.CDLL(None).system(SHOW.encode())",
}


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_a_program_gets_what_the_step_sets_and_nothing_of_the_callers(here, start):
    found = here.run(f"SHOW = {SHOW!r}\nimport os\nos.environ['TWO'] = 'own'\n{start}")
    assert said(here) == "none own"
    assert read(found) == []


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_a_program_gets_what_the_step_sets_also_where_the_caller_has_it(here, start):
    found = here.run(f"SHOW = {SHOW!r}\nimport os\nos.environ['ONE'] = \"caller's\"\n{start}")
    assert said(here) == "caller's none"
    assert read(found) == []


READS = {
    "by name": ("import os, subprocess\nsubprocess.run(SHOW, shell=True, env={'ONE': os.environ['ONE']})", ["ONE"]),
    "all": ("import os, subprocess\nsubprocess.run(SHOW, shell=True, env={**os.environ})", True),
    "all as a dict": ("import os, subprocess\nsubprocess.run(SHOW, shell=True, env=dict(os.environ))", True),
    "all and more": ("import os, subprocess\nsubprocess.run(SHOW, shell=True, env=os.environ | {'A': '1'})", True),
    "a copy as a dict": ("import os, subprocess\nsubprocess.run(SHOW, shell=True, env={**os.environ.copy()})", True),
    "exec": (
        "import os\nif os.fork() == 0:\n    os.execve('/bin/sh', ['sh', '-c', SHOW], os.environ)\nos.wait()",
        True,
    ),
    "exec with a copy": (
        "import os\nif os.fork() == 0:\n    os.execve('/bin/sh', ['sh', '-c', SHOW], os.environ.copy())\nos.wait()",
        True,
    ),
    "posix_spawn": (
        "import os\nos.waitpid(os.posix_spawn('/bin/sh', ['sh', '-c', SHOW], os.environ), 0)",
        True,
    ),
    "put back": (
        "import os\nold = dict(os.environ)\nos.environ.clear()\nos.environ.update(old)\nos.system(SHOW)",
        True,
    ),
}


@pytest.mark.parametrize(("start", "told"), READS.values(), ids=READS)
def test_what_python_code_hands_on_was_read(here, start, told):
    found = here.run(f"SHOW = {SHOW!r}\n{start}")
    assert said(here) == "caller's none"
    assert read(found) == told


LOOK = "import os\ndef look():\n    return {k: v for k, v in os.environ.items() if k.startswith('TQDM_')}\n"


@pytest.mark.parametrize(
    ("library", "code"),
    [
        ("acme", "acme.look()"),
        ("acme", "subprocess.run(['sh', '-c', SHOW], env={**acme.os.environ, 'A': '1'})"),
        ("acme", "configparser.ConfigParser(os.environ)"),
        ("acme", "print(os.environ)"),
    ],
)
def test_a_library_that_looks_through_all_for_somebody_has_read_all(here, library, code):
    here.write(f"site-packages/{library}.py", LOOK)
    code = f"import configparser, os, subprocess, sys\nsys.path.append('site-packages')\nimport {library}\n{code}"
    assert read(here.run(f"SHOW = {SHOW!r}\n{code}")) is True


def test_a_library_that_looks_for_its_own_has_read_these(here):
    here.write("site-packages/tqdm.py", LOOK)
    added = "import os, sys, urllib.request\nsys.path.append('site-packages')\nimport tqdm\n"
    found = here.run(f"{added}assert tqdm.look()\nurllib.request.getproxies()")
    assert not found.record["all_variables"]
    assert {"TQDM_MINITERS"} == {name for name in found.record["variables"] if name.startswith(("TQDM", "ACME"))}


@pytest.mark.parametrize(
    "code",
    [
        "os.environ.copy()['ONE']",
        "os.environ.copy().get('ONE')",
        "'ONE' in os.environ.copy()",
        "os.environ.copy().pop('ONE', None)",
        "os.environb.copy()[b'ONE']",
    ],
)
def test_what_is_read_of_a_copy_was_read(here, code):
    found = here.run(f"import os\n{code}")
    assert read(found) == ["ONE"]


@pytest.mark.parametrize(
    "code",
    [
        "repr(os.environ.copy())",
        "os.environ.copy() | {}",
        "{} | os.environ.copy()",
        "list(os.environ.copy())",
        "import json; json.dumps(os.environ.copy())",
        "import copy; copy.deepcopy(os.environ.copy())",
        "os.environ.copy() == {}",
    ],
)
def test_a_copy_that_is_looked_through_was_read(here, code):
    found = here.run(f"import os\n{code}")
    assert found.record["all_variables"]


def test_a_copy_is_a_dict_and_what_is_set_in_it_is_the_steps(here):
    found = here.run(
        f"""
        import os, subprocess
        own = os.environ.copy()
        assert isinstance(own, dict)
        own["TWO"] = "2"
        own |= {{"ONE": "1"}}
        own.update(THREE="3")
        assert (own["TWO"], own["ONE"], own.pop("THREE")) == ("2", "1", "3")
        subprocess.run(["sh", "-c", {SHOW!r}], env=own)
        """
    )
    assert said(here) == "1 2"
    assert read(found) == []


def test_what_was_set_for_a_while_is_withheld_again(here):
    found = here.run(
        f"""
        import os, subprocess
        from unittest import mock
        with mock.patch.dict(os.environ, {{"ONE": "1", "TWO": "2"}}):
            subprocess.run(["sh", "-c", {SHOW.replace("out", "first")!r}])
        subprocess.run(["sh", "-c", {SHOW!r}])
        """
    )
    assert ((here.root / "first.txt").read_text().strip(), said(here)) == ("1 2", "none none")
    assert read(found) == []
    found = here.run(
        """
        import os
        from unittest import mock
        with mock.patch.dict(os.environ, {"TWO": "2"}):
            os.environ["TWO"]
        os.environ["ONE"]
        """
    )
    assert read(found) == ["ONE"]


def test_what_is_taken_away_or_set_below_python_holds_for_programs(here):
    here.run(
        """
        import os, subprocess
        del os.environ["LD_LIBRARY_PATH"]
        os.environ.pop("ONE")
        os.putenv("TWO", "2")
        subprocess.run("echo ${LD_LIBRARY_PATH-none} ${ONE-none} ${TWO-none} > out.txt", shell=True)
        """
    )
    assert said(here) == "none none 2"


def test_what_settings_hand_on_and_set_is_given(here):
    code = f"import os\nassert os.environ['ONE']\nos.system({SHOW!r})"
    here.run(code, passed=["ONE"], variables={"TWO": "set"})
    assert said(here) == "caller's set"
    here.run(code)
    assert said(here) == "none none"


def test_no_step_has_what_another_has_set(here):
    here.run("import os\nos.environ['TWO'] = 'first'\nos.environ['ONE'] = 'first'")
    here.run(f"import os\nassert 'TWO' not in os.environ\nos.system({SHOW!r})")
    assert said(here) == "none none"


def test_a_library_below_python_gets_what_programs_get(here):
    here.run(
        """
        import ctypes
        get = ctypes.CDLL(None).getenv
        get.restype = ctypes.c_char_p
        open("out.txt", "w").write(f"{get(b'ONE')} {get(b'HTTPS_PROXY')}")
        """
    )
    assert said(here) == "None b'/x'"


def test_a_python_that_a_step_starts_is_a_program_like_others(here):
    show = "import os; open('out.txt', 'w').write(f\"{os.environ.get('ONE')} {os.environ['PYTHONDONTWRITEBYTECODE']}\")"
    found = here.run(f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {show!r}], check=True)")
    assert said(here) == "None 1"
    assert read(found) == []


# Processes that do the step's own work.

SHARED = """
import os, subprocess, sys
from multiprocessing import get_context

def work(number):
    subprocess.run(SHOW, shell=True, check=True)
    return os.environ.get("ONE"), os.environ.get(f"READ_{number}"), os.environ.get("TWO")

if __name__ == "__main__":
    os.environ["TWO"] = "own"
    %s
    assert found == [("caller's", None, "own")] * 2, found
    subprocess.run(SHOW.replace("out", "last"), shell=True, check=True)
"""
POOLS = {
    **{
        method: f"with get_context({method!r}).Pool(2) as pool:\n        found = pool.map(work, range(2))"
        for method in ("fork", "spawn", "forkserver")
    },
    "executor": "from concurrent.futures import ProcessPoolExecutor as Pool\n"
    "    with Pool(2, mp_context=get_context('spawn')) as pool:\n        found = list(pool.map(work, range(2)))",
}


@pytest.mark.parametrize("pool", POOLS.values(), ids=POOLS)
def test_a_process_that_shares_the_work_sees_the_callers_variables_and_its_programs_do_not(here, pool):
    found = here.run(f"SHOW = {SHOW!r}\n" + SHARED % pool)
    assert (said(here), (here.root / "last.txt").read_text().strip()) == ("none own", "none own")
    assert read(found) == ["ONE", "READ_0", "READ_1"]


def test_a_process_that_joblib_starts_does_too(here):
    here.write("lib/work.py", f"SHOW = {SHOW!r}\n" + SHARED % "pass")
    found = here.run(
        """
        import os
        from joblib import Parallel, delayed
        from work import work
        os.environ["TWO"] = "own"
        found = Parallel(n_jobs=2)(delayed(work)(number) for number in range(2))
        assert found == [("caller's", None, "own")] * 2, found
        """
    )
    assert said(here) == "none own"
    assert read(found) == ["ONE", "READ_0", "READ_1"]


def test_processes_of_a_step_that_is_not_watched_see_them_too(here):
    found = here.run(f"SHOW = {SHOW!r}\n" + SHARED % POOLS["spawn"], watch=False)
    assert found.record is None
    assert said(here) == "none own"


# Notebooks


def cells(*sources):
    found = [
        {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
        for source in sources
    ]
    return json.dumps({"cells": found, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def notebook(here, *sources, **more):
    here.write("report.ipynb", cells(*sources))
    file = f"{here.root}/report.ipynb"
    told = {"kind": "notebook", "driver": "onward.runtime.notebook", "file": file, "document": "p/report", "title": ""}
    return here.attempt("", **told, **more)


@pytest.mark.parametrize(
    "line", [f"!{SHOW}", f"%%bash\n{SHOW}", f"%system {SHOW}", f"found = !{SHOW}", f"import os\nos.system({SHOW!r})"]
)
def test_a_program_of_a_cell_gets_the_list_and_what_cells_set(here, line):
    found = notebook(here, "%env TWO=own", line)
    assert found.result["ok"], found.result
    assert said(here) == "none own"
    assert read(found) == []
    notebook(here, "%env TWO=own", line, passed=["ONE"])
    assert said(here) == "caller's own"


def test_processes_that_joblib_starts_for_a_cell_see_the_callers_variables(here):
    work = f"import os\nfrom joblib import Parallel, delayed\n\ndef work():\n    os.system({SHOW!r})\n"
    work += "    return os.getpid(), os.environ['ONE']"
    share = 'other, one = Parallel(2)([delayed(work)()])[0]\nassert (other != os.getpid(), one) == (True, "caller\'s")'
    found = notebook(here, work, share)
    assert found.result["ok"], found.result
    assert (said(here), read(found)) == ("none none", ["ONE"])


def test_a_process_that_shares_the_work_may_share_its_own(here):
    here.write(
        "lib/deep.py",
        f"""
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

def share(act):
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(act).result()

def inner():
    os.system({SHOW!r})
    return os.environ["ONE"]

def outer():
    return share(inner)
""",
    )
    found = here.run("import deep\nif __name__ == '__main__':\n    assert deep.share(deep.outer) == \"caller's\"")
    assert (said(here), read(found)) == ("none none", ["ONE"])


def test_what_a_cell_shows_of_the_variables_was_read(here):
    assert "HOME" in notebook(here, "%env HOME").record["variables"]
    assert read(notebook(here, "%env")) is True


def test_no_variable_of_onwards_own_reaches_a_cells_programs(here):
    notebook(here, "!env > out.txt")
    names = {line.partition("=")[0] for line in said(here).splitlines()}
    assert {"PATH", "TZ"} <= names
    assert not {name for name in names if name.startswith(("ONWARD", "JPY_", "IPYTHON", "JUPYTER"))}


# What is said where a program fails for want of one


def failure(here, code):
    found = here.attempt(code)
    assert not found.result["ok"]
    return found.result["error"]["hint"]


def test_a_program_that_fails_for_want_of_a_variable_is_told_how_to_get_it(here):
    run = "import subprocess\nsubprocess.run({!r}, shell=True, check=True)"
    hint = failure(here, run.format("acme load; exit 3"))
    assert 'pass = ["ACME_HOME"]' in hint
    assert "onward.toml" in hint
    assert 'pass = ["PGHOST"]' in failure(here, run.format("psql -c 'select 1'; exit 3"))
    assert 'pass = ["ONE"]' in failure(here, run.format('test -n "$ONE"'))
    assert 'pass = ["ONE"]' in failure(here, "raise OSError('set ONE to reach the server')")
    assert failure(here, run.format("exit 3")) is None
    assert failure(here, "raise ValueError('no such thing')") is None


def test_a_cells_program_too(here):
    found = notebook(here, "%%bash\nacme load || exit 3")
    assert 'pass = ["ACME_HOME"]' in found.result["error"]["hint"]


def test_the_list_holds_no_name_of_a_secret():
    assert not [name for name in programs.VARIABLES if any(word in name for word in ("TOKEN", "KEY", "PASSWORD"))]


def test_all_that_the_list_names_is_given(here):
    here.run("import os\nos.system('env > out.txt')")
    names = {line.partition("=")[0] for line in said(here).splitlines()}
    assert {*programs.VARIABLES} & {*os.environ} <= names
