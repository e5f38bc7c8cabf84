"""What a watched step touches is recorded exactly; real processes do real things."""

from __future__ import annotations

import os
import socket
import sys
import threading
from pathlib import Path

import pytest

from tests.unit.runtime.watching import Workspace, workspace


@pytest.fixture(scope="module")
def parent(tmp_path_factory):
    """One bare parent for the tests of this file."""
    with workspace(tmp_path_factory.mktemp("watched")) as running:
        yield running


@pytest.fixture
def here(parent, request):
    """An empty folder in the workspace: the step's, so that relative paths begin there."""
    folder = parent.root / request.node.name.replace("[", "_").replace("]", "")
    folder.mkdir()
    return Here(parent, folder)


class Here:
    """One test's folder."""

    def __init__(self, parent: Workspace, folder: Path) -> None:
        self.parent = parent
        self.folder = folder

    def write(self, name: str, content: str | bytes = "x") -> Path:
        return self.parent.write(f"{self.folder.name}/{name}", content)

    def run(self, code: str, **more):
        outcome = self.attempt(code, **more)
        log = self.parent.outboxes[-1] / "log.jsonl"
        assert outcome.result.get("ok"), (outcome.result, log.read_text() if log.exists() else "")
        return outcome

    def attempt(self, code: str, **more):
        roots = [str(path) for path in (self.folder, self.folder / "lib") if path.exists()]
        more = {"folder": str(self.folder), "root": str(self.folder), "roots": roots, **more}
        self.parent.start(code, f"{self.folder.name}/step.py", **more)
        outcome = self.parent.wait()[0]
        outcome.root = self.folder
        return outcome


def test_a_step_that_touches_nothing_leaves_an_empty_and_complete_record(here):
    found = here.run("x = 1")
    empty = ("read", "asked", "absent", "listed", "links", "written", "removed", "renamed", "programs", "network",
             "servers", "modules", "distributions", "variables", "refused", "reasons")  # fmt: skip
    assert {word: found.record[word] for word in empty} == {word: [] for word in empty}
    assert (found.record["means"], found.record["confidence"]) == ("seccomp", "complete")
    assert found["imported"] == ["step.py"]


def test_a_step_that_is_not_watched_has_no_record(here):
    assert here.run("open('step.py').read()", watch=False).record is None


def test_a_file_is_read_with_its_state_at_first_sight(here):
    path = here.write("data/a.csv", "a\n1\n")
    before = path.stat()
    found = here.run("text = open('data/a.csv').read()\nopen('data/a.csv').read()")
    (read,) = found.record["read"]
    assert read == {
        "path": str(path),
        "kind": "file",
        "size": 4,
        "mtime_ns": before.st_mtime_ns,
        "inode": before.st_ino,
    }


def test_what_is_not_there_is_recorded_by_whatever_way_it_is_asked_for(here):
    found = here.run(
        """
        import os
        for name in ("opened", "deep/opened"):
            try:
                open(name)
            except FileNotFoundError:
                pass
        os.path.exists("asked")
        os.access("accessed", os.R_OK)
        os.path.islink("linked")
        """
    )
    assert found["absent"] == ["accessed", "asked", "deep/opened", "linked", "opened"]
    assert found["read"] == found["asked"] == []


def test_what_is_only_looked_at_is_not_read(here):
    here.write("there.txt")
    found = here.run("import os\nos.path.getmtime('there.txt')")
    assert (found["asked"], found["read"]) == (["there.txt"], [])


def test_a_new_file_is_written_and_what_the_step_reads_of_it_is_no_input(here):
    found = here.run("open('out.txt', 'w').write('1')\nopen('out.txt').read()")
    (written,) = found.record["written"]
    assert (written["path"], written["existed"], written["size"]) == (f"{found.root}/out.txt", False, 1)
    assert found["read"] == found["absent"] == []


@pytest.mark.parametrize(
    ("mode", "reads"), [("w", False), ("a", True), ("r+", True), ("w+", False)], ids=["w", "a", "r", "wplus"]
)
def test_a_file_whose_bytes_partly_stay_is_read_as_well_as_written(here, mode, reads):
    here.write("kept.txt", "before")
    found = here.run(f"with open('kept.txt', {mode!r}) as file: file.write('more')")
    assert found["written"] == ["kept.txt"]
    assert found.record["written"][0]["existed"]
    assert found["read"] == (["kept.txt"] if reads else [])


def test_a_database_that_is_only_asked_is_read_and_not_written(here):
    import sqlite3

    with sqlite3.connect(here.folder / "a.db") as database:
        database.execute("create table t as select 1 as x")
    database.close()
    found = here.run("import sqlite3\nassert sqlite3.connect('a.db').execute('select * from t').fetchall() == [(1,)]")
    assert (found["read"], found["written"]) == (["a.db"], [])


def test_a_file_that_could_not_be_written_is_still_an_input(here):
    path = here.write("locked.txt", "before")
    # No right to write would not stop the superuser; a folder of that name stops everyone.
    (here.folder / "folder").mkdir()
    found = here.run(
        """
        for name in ("folder", "missing/out.txt"):
            try:
                open(name, "w")
            except OSError:
                pass
        open("locked.txt").read()
        """
    )
    assert (found["written"], found["read"]) == ([], [path.name])


def test_a_rename_reads_the_old_name_and_writes_the_new(here):
    here.write("old.txt")
    found = here.run("import os\nos.rename('old.txt', 'new.txt')")
    assert (found["read"], found["written"], found["removed"]) == (["old.txt"], ["new.txt"], ["old.txt"])
    assert found.record["renamed"] == [{"old": f"{found.root}/old.txt", "new": f"{found.root}/new.txt"}]


def test_who_would_make_a_file_that_is_there_is_told_so(here):
    here.write("old.txt")
    code = """
        for name in ("old.txt", "new.txt"):
            try:
                open(name, "x").close()
            except FileExistsError:
                pass
    """
    found = here.run(code)
    assert (found["asked"], found["absent"], found["written"]) == (["old.txt"], [], ["new.txt"])


def test_a_file_written_beside_and_moved_over_another_is_the_other(here):
    here.write("out.txt", "before")
    found = here.run("import os\nopen('out.tmp', 'w').write('after')\nos.replace('out.tmp', 'out.txt')")
    assert (found["written"], found["read"], found["removed"]) == (["out.txt"], [], [])
    assert found.record["written"][0]["existed"]


def test_files_in_a_folder_that_is_moved_are_written_where_it_goes(here):
    found = here.run(
        """
        import os
        os.makedirs("building/deep")
        open("building/deep/a.txt", "w").close()
        os.rename("building", "built")
        """
    )
    assert (found["written"], found["removed"]) == (["built/deep/a.txt"], [])


def test_what_is_removed_was_there(here):
    here.write("gone.txt")
    found = here.run(
        """
        import os
        os.remove("gone.txt")
        try:
            os.remove("never.txt")
        except FileNotFoundError:
            pass
        """
    )
    assert (found["removed"], found["read"], found["absent"]) == (["gone.txt"], [], [])


def test_temporary_files_leave_no_trace(here):
    found = here.run(
        """
        import tempfile
        with tempfile.NamedTemporaryFile("w+") as file, tempfile.TemporaryDirectory() as folder:
            file.write("x")
            file.flush()
            open(file.name).read()
            open(f"{folder}/a", "w").close()
        """
    )
    assert found["written"] == found["removed"] == found["read"] == []
    assert [path for path in found["absent"] if not path.endswith(".pyc")] == []


def test_a_listing_has_the_names_as_if_the_step_had_not_been_there(here):
    for name in ("data/a.csv", "data/b.csv", "data/c.txt"):
        here.write(name)
    found = here.run(
        """
        import glob, os
        os.remove("data/c.txt")
        open("data/new.csv", "w").close()
        assert sorted(glob.glob("data/*.csv")) == ["data/a.csv", "data/b.csv", "data/new.csv"]
        os.mkdir("own")
        os.listdir("own")
        """
    )
    (listed,) = found.record["listed"]
    assert (listed["path"], listed["names"]) == (f"{found.root}/data", ["a.csv", "b.csv", "c.txt"])


def test_a_walk_lists_every_folder(here):
    here.write("tree/a/x")
    here.write("tree/b/c/y")
    found = here.run("import os\nassert len(list(os.walk('tree'))) == 4")
    assert found["listed"] == ["tree", "tree/a", "tree/b", "tree/b/c"]


def test_a_link_is_recorded_and_so_is_what_it_leads_to(here):
    here.write("real/data.csv")
    os.symlink("real", here.folder / "folder")
    os.symlink("data.csv", here.folder / "real" / "latest.csv")
    os.symlink("nowhere", here.folder / "dangling")
    found = here.run("import os\nopen('folder/latest.csv').read()\nos.path.exists('dangling')")
    assert found["read"] == ["real/data.csv"]
    assert found["absent"] == ["nowhere"]
    links = {row["path"].removeprefix(f"{found.root}/"): row["target"] for row in found.record["links"]}
    assert links == {"folder": "real", "real/latest.csv": "data.csv", "dangling": "nowhere"}


def test_a_link_that_the_step_makes_or_changes_leads_where_it_leads_then(here):
    here.write("a/x.txt")
    here.write("b/x.txt")
    found = here.run(
        """
        import os
        os.symlink("a", "way")
        open("way/x.txt").read()
        os.remove("way")
        os.symlink("b", "way")
        open("way/x.txt").read()
        """
    )
    assert (found["read"], found["written"], found["links"]) == (["a/x.txt", "b/x.txt"], ["way"], [])


def test_names_with_umlauts_and_long_paths_are_whole(here):
    long = "/".join(["ein-recht-langer-name-für-einen-ordner"] * 30) + "/Größe.csv"
    here.write(long)
    here.write("zweite Datei\nmit Umbruch.txt")
    found = here.run(f"open({long!r}).read()\nopen('zweite Datei\\nmit Umbruch.txt').read()")
    assert found["read"] == [long, "zweite Datei\nmit Umbruch.txt"]


def test_paths_are_relative_to_the_folder_that_a_call_names_or_the_process_is_in(here):
    here.write("deep/er/a.txt")
    here.write("deep/b.txt")
    here.write("c.txt")
    found = here.run(
        """
        import os
        folder = os.open("deep", os.O_RDONLY)
        os.close(os.open("er/a.txt", os.O_RDONLY, dir_fd=folder))
        os.chdir("deep/er")
        open("../b.txt").read()
        open("../../deep/../c.txt").read()
        os.stat("none.txt", dir_fd=folder) if os.path.exists("/nowhere") else None
        """
    )
    assert found["read"] == ["c.txt", "deep/b.txt", "deep/er/a.txt"]
    assert found.record["absent"] == ["/nowhere"]


def test_threads_are_seen(here):
    for number in range(8):
        here.write(f"{number}.txt")
    found = here.run(
        """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda number: open(f"{number}.txt").read(), range(8)))
        """
    )
    assert found["read"] == [f"{number}.txt" for number in range(8)]


def test_a_pool_of_forks_is_seen_and_so_are_the_variables_it_reads(here):
    for number in range(4):
        here.write(f"{number}.txt")
    found = here.run(
        """
        import multiprocessing, os
        def read(number):
            os.environ.get(f"FORK_{number}")
            return open(f"{number}.txt").read()
        with multiprocessing.get_context("fork").Pool(2) as pool:
            assert pool.map(read, range(4)) == ["x"] * 4
        """
    )
    assert found["read"] == [f"{number}.txt" for number in range(4)]
    assert {f"FORK_{number}" for number in range(4)} <= set(found.record["variables"])
    assert found.record["confidence"] == "complete"


def test_other_programs_are_seen_with_all_they_read_and_write(here):
    here.write("in.txt")
    here.write("tool.sh", "#!/bin/sh\ncat in.txt > out.txt\n").chmod(0o755)
    found = here.run("import subprocess\nsubprocess.run('./tool.sh | cat; test -e none', shell=True)")
    assert found["read"] == ["in.txt", "tool.sh"]
    assert (found["written"], found["absent"]) == (["out.txt"], ["none"])
    names = {Path(path).name for path in found.record["programs"]}
    assert {"sh", "cat", "tool.sh"} <= names


def test_a_python_that_looks_at_nothing_of_its_surroundings_is_seen(here):
    here.write("in.txt")
    here.write("helper.py", "open('in.txt').read()")
    found = here.run(f"import subprocess\nsubprocess.run([{sys.executable!r}, '-I', '-S', 'helper.py'], check=True)")
    assert found["read"] == ["helper.py", "in.txt"]


def test_a_compiled_file_stands_for_its_source(here):
    here.write("helper.py", "x = 1")
    code = f"import subprocess\nsubprocess.run([{sys.executable!r}, '-c', 'import helper'], check=True)"
    first, second = here.run(code), here.run(code)
    assert first["read"] == second["read"] == ["helper.py"]
    assert first["written"] == second["written"] == []


def test_code_of_the_workspace_that_is_imported_is_told_apart_from_what_is_read(here):
    here.write("lib/acme/__init__.py", "")
    here.write("lib/acme/cleaning.py", "x = 1")
    here.write("lib/other.py", "y = 1")
    found = here.run("import acme.cleaning, other\nopen(other.__file__).read()")
    assert found["imported"] == ["lib/acme/__init__.py", "lib/acme/cleaning.py", "step.py"]
    assert found["read"] == ["lib/other.py"]
    assert found["listed"] == []


def test_variables_count_that_the_step_has_not_set(here):
    found = here.run(
        """
        import os
        os.environ.get("GET")
        os.getenv("GETENV")
        "CONTAINED" in os.environ
        os.environ["OWN"] = "1"
        os.environ["OWN"]
        os.environ.pop("POPPED", None)
        try:
            os.environ["MISSING"]
        except KeyError:
            pass
        os.environ["HOME"]
        os.environb.get(b"BYTES")
        """
    )
    assert found.record["variables"] == ["BYTES", "CONTAINED", "GET", "GETENV", "HOME", "MISSING", "POPPED"]
    assert not found.record["all_variables"]


def test_what_the_standard_library_asks_about_places_does_not_count(here):
    found = here.run(
        """
        import os, shutil, subprocess, tempfile
        os.path.expanduser("~/x")
        tempfile.gettempdir()
        shutil.which("cat")
        subprocess.run(["true"], env=os.environ.copy())
        """
    )
    assert not {"HOME", "PATH", "TMPDIR", "TEMP", "TMP"} & set(found.record["variables"])
    assert not found.record["all_variables"]


@pytest.mark.parametrize("code", ["dict(os.environ)", "{**os.environ}", "[k for k, v in os.environ.items()]"])
def test_a_look_through_all_variables_is_told_as_such(here, code):
    found = here.run(f"import os\nx = {code}")
    assert (found.record["all_variables"], found.record["variables"]) == (True, [])


def test_a_server_of_this_machine_makes_the_record_partial(here):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def accept() -> None:
            server.accept()[0].close()

        accepting = threading.Thread(target=accept)
        accepting.start()
        found = here.run(f"import socket\nsocket.create_connection(('127.0.0.1', {port})).close()")
        accepting.join(timeout=60)
    assert found.record["servers"] == [f"127.0.0.1:{port}"]
    assert found.record["confidence"] == "partial"
    assert found.record["network"] == []


def test_a_socket_of_another_program_makes_the_record_partial(here, tmp_path):
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        found = here.run(f"import socket\nsocket.socket(socket.AF_UNIX).connect({str(path)!r})")
    assert found.record["servers"] == [str(path)]
    assert str(path) in found.record["reasons"][0]


def test_the_steps_own_servers_do_not(here):
    found = here.run(
        """
        import socket
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname()).close()
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("own")
            server.listen()
            socket.socket(socket.AF_UNIX).connect("own")
        """
    )
    assert (found.record["servers"], found.record["confidence"]) == ([], "complete")
    assert found["written"] == []


def test_other_machines_are_the_network(here):
    found = here.run(
        """
        import socket
        plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        plain.settimeout(0.01)
        try:
            plain.connect(("192.0.2.1", 80))
        except OSError:
            pass
        packet = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        message = lambda: packet.sendmsg([b"x"], [], 0, ("192.0.2.3", 54))
        for send in (lambda: packet.sendto(b"x", ("192.0.2.2", 53)), message):
            try:
                send()
            except OSError:
                pass
        """
    )
    assert found.record["network"] == [
        {"address": "192.0.2.1", "port": 80},
        {"address": "192.0.2.2", "port": 53},
        {"address": "192.0.2.3", "port": 54},
    ]


def test_a_failed_step_has_a_record_too(here):
    here.write("in.txt")
    found = here.attempt("open('in.txt').read()\n1 / 0")
    assert found.result["error"]["type"] == "ZeroDivisionError"
    assert "in.txt" in found["read"]


def test_a_killed_step_has_a_record_too(here):
    here.write("in.txt")
    found = here.attempt("open('in.txt').read()\nimport os\nos.kill(os.getpid(), 9)")
    assert (found.ending.signal, found["read"]) == (9, ["in.txt"])


def test_inputs_handed_over_are_no_reads(here):
    path = here.write("data/a.csv", "a\n1\n")
    handed = {"form": "source", "source_form": "file", "paths": [str(path)], "where": str(path), "wanted": "Path"}
    found = here.run("open('data/a.csv').read()", inputs={"a": handed})
    assert found["read"] == []


def test_ten_thousand_small_files_are_all_seen(here):
    for number in range(10_000):
        here.write(f"many/{number:05}.txt")
    found = here.run(
        """
        for number in range(10_000):
            with open(f"many/{number:05}.txt") as file:
                file.read()
        """
    )
    assert found["read"] == [f"many/{number:05}.txt" for number in range(10_000)]


def test_a_module_that_the_step_also_reads_itself_is_read(here):
    here.write("lib/acme.py", "x = 1")
    found = here.run("import acme\nopen(acme.__file__).read()\nopen(__file__).read()")
    assert (found["read"], found["imported"]) == (["lib/acme.py", "step.py"], [])


def test_a_folder_of_modules_that_the_step_also_lists_is_listed(here):
    here.write("lib/acme.py", "x = 1")
    found = here.run("import os, acme\nos.listdir('lib')")
    assert (found["listed"], found["imported"]) == (["lib"], ["lib/acme.py", "step.py"])


def test_who_closes_every_file_still_gets_what_onward_opens_for_it(here):
    here.write("lib/acme.py", "x = 1")
    found = here.run("import os\nos.closerange(100, 1024)\nimport acme")
    assert found["imported"] == ["lib/acme.py", "step.py"]


def test_threads_and_their_programs_are_the_steps(here):
    for name in ("a", "b"):
        here.write(f"{name}.txt")
    found = here.run(
        """
        import subprocess, threading
        acts = [lambda: open("a.txt").read(), lambda: subprocess.run(["cat", "b.txt"], stdout=subprocess.DEVNULL)]
        threads = [threading.Thread(target=act) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        """
    )
    assert found["read"] == ["a.txt", "b.txt"]


def test_what_goes_on_alone_after_its_parent_ended_is_still_the_steps(here):
    here.write("in.txt")
    found = here.run(
        """
        import os, subprocess, time
        # The shell in between ends at once; what it has started has another parent then.
        subprocess.run("(sleep 0.2; cat in.txt > out.txt; mv out.txt done.txt) > /dev/null 2>&1 &", shell=True)
        while not os.path.exists("done.txt"):
            time.sleep(0.01)
        """
    )
    assert "in.txt" in found["read"]
    assert "done.txt" in found["written"]


def test_a_copy_is_kept_of_what_the_step_changes_and_of_nothing_else(here):
    for name in ("changed.txt", "looked_at.txt", "known.txt"):
        here.write(name, f"before in {name}")
    known = (here.folder / "known.txt").stat()
    found = here.run(
        """
        open("changed.txt", "w").write("new")
        open("looked_at.txt", "r+").read()
        open("known.txt", "w").write("new")
        open("fresh.txt", "w").write("1")
        open("fresh.txt", "w").write("2")
        """,
        kept_before={str(here.folder / "known.txt"): [known.st_size, known.st_mtime_ns, known.st_ino]},
    )
    (kept,) = found.record["kept"]
    assert kept["path"] == f"{here.folder}/changed.txt"
    assert Path(kept["copy"]).read_text() == "before in changed.txt"
