"""What is installed, compared with what the lock asks for."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from onward.app.environments.locks import check_lock
from onward.model.workspace import Finding
from onward.store.index import Index
from onward.testing import workspace
from tests.unit.app.packages import Packages

UV_LOCK = """
version = 1

[manifest]
members = ["member", "team"]

[[package]]
name = "team"
version = "0.1"
source = { virtual = "." }
dependencies = [
    { name = "plotting", extra = ["svg"] },
    { name = "winonly", marker = "sys_platform == 'win32'" },
    { name = "unclear", marker = "platform_release >= '5'" },
    { name = "member" },
]

[package.optional-dependencies]
more = [{ name = "extraone" }]

[package.dev-dependencies]
dev = [{ name = "devone" }]

[[package]]
name = "member"
version = "0.1"
source = { editable = "packages/member" }

[[package]]
name = "plotting"
version = "1.0"
source = { registry = "wheels" }

[package.optional-dependencies]
svg = [{ name = "vectors" }]

[[package]]
name = "vectors"
version = "2.0"
source = { git = "https://host/vectors.git?rev=main#abc123" }

[[package]]
name = "winonly"
version = "1.0"
source = { registry = "wheels" }

[[package]]
name = "unclear"
version = "1.0"
source = { registry = "wheels" }

[[package]]
name = "devone"
version = "1.0"
source = { registry = "wheels" }

[[package]]
name = "extraone"
version = "1.0"
source = { registry = "wheels" }
"""


@pytest.fixture
def packages(tmp_path):
    made = Packages(tmp_path / "site-packages")
    made.add("plotting", "1.0")
    made.add("vectors", "2.0", direct_url={"url": "x", "vcs_info": {"vcs": "git", "commit_id": "abc123"}})
    return made


def checked(tmp_path, packages, files):
    root = workspace.write(tmp_path / "w", files)
    with closing(Index(Path(":memory:"))) as index:
        return check_lock(root, list(files), index, packages.distributions())


def finding(tmp_path, packages, files) -> Finding:
    found = checked(tmp_path, packages, files)
    assert found is not None
    return found


def message(tmp_path, packages, files):
    found = checked(tmp_path, packages, files)
    return found.message.partition(": ")[2] if found else None


def test_an_environment_that_fits_its_lock_is_no_finding(tmp_path, packages):
    packages.add("beyond-the-lock")
    assert checked(tmp_path, packages, {"uv.lock": UV_LOCK}) is None


def test_another_version_is_told_with_the_line_that_mends_it(tmp_path, packages):
    packages.add("plotting", "0.9")
    found = finding(tmp_path, packages, {"uv.lock": UV_LOCK})
    assert found.message == "what is installed does not match `uv.lock`: plotting is 0.9 and not 1.0"
    assert (found.code, found.path, found.hint) == ("environment", "uv.lock", "bring it up to date: `uv sync`")
    assert found.touches == ()


def test_what_is_missing_is_told_save_groups_extras_and_other_platforms(tmp_path, packages):
    packages.remove("vectors")
    assert message(tmp_path, packages, {"uv.lock": UV_LOCK}) == "vectors is missing"


@pytest.mark.parametrize("name", ["devone", "extraone", "unclear"])
def test_what_need_not_be_there_has_its_locked_version_where_it_is(tmp_path, packages, name):
    packages.add(name, "1.0")
    assert message(tmp_path, packages, {"uv.lock": UV_LOCK}) is None
    packages.add(name, "7.0")
    assert message(tmp_path, packages, {"uv.lock": UV_LOCK}) == f"{name} is 7.0 and not 1.0"


def test_another_commit_of_the_same_version_is_told(tmp_path, packages):
    packages.add("vectors", "2.0", direct_url={"url": "x", "vcs_info": {"vcs": "git", "commit_id": "def456"}})
    assert message(tmp_path, packages, {"uv.lock": UV_LOCK}) == "vectors is of commit def456 and not abc123"


def test_any_of_several_locked_versions_will_do(tmp_path, packages):
    forks = "".join(
        f"[[package]]\nname = 'forked'\nversion = '{version}'\nresolution-markers = [\"{marker}\"]\n\n"
        for version, marker in (("1.0", "python_version < '3.11'"), ("2.0", "python_version >= '3.11'"))
    )
    packages.add("forked", "2.0")
    assert message(tmp_path, packages, {"uv.lock": UV_LOCK + "\n" + forks}) is None
    packages.add("forked", "1.0")
    assert message(tmp_path, packages, {"uv.lock": UV_LOCK + "\n" + forks}) == "forked is 1.0 and not 2.0"


def test_members_of_a_workspace_without_a_project_of_its_own_are_all_needed(tmp_path, packages):
    lock = "[[package]]\nname = 'one'\nsource = { editable = 'one' }\ndependencies = [{ name = 'gone' }]\n"
    lock += "[[package]]\nname = 'gone'\nversion = '1'\nsource = { registry = 'x' }\n"
    assert message(tmp_path, packages, {"uv.lock": lock}) == "gone is missing"


def test_a_lock_that_cannot_be_read_is_told_and_stops_nothing(tmp_path, packages):
    found = finding(tmp_path, packages, {"uv.lock": "= ="})
    assert found.message.startswith("`uv.lock` cannot be read")


PINS = """
# the team's
plotting == 1.0 --hash=sha256:aaa \\
    --hash=sha256:bbb
vectors>=1
gone==3.0 ; sys_platform == "win32"  # elsewhere
-r requirements/more.txt
--index-url https://host/simple
-e ./packages/member
"""


def test_pins_of_a_requirements_file_and_of_those_that_it_includes_are_compared(tmp_path, packages):
    files = {"requirements.txt": PINS, "requirements/more.txt": "-r ../requirements.txt\nfonts[all]==2.0\n"}
    found = finding(tmp_path, packages, files)
    assert found.message == "what is installed does not match `requirements.txt`: fonts is missing"
    assert found.hint == "bring it up to date: `pip install -r requirements.txt`"
    packages.add("fonts", "2")
    assert message(tmp_path, packages, files) is None
    packages.add("plotting", "1.1")
    assert message(tmp_path, packages, files) == "plotting is 1.1 and not 1.0"


def test_a_uv_lock_goes_before_requirements_and_only_the_root_counts(tmp_path, packages):
    assert message(tmp_path, packages, {"uv.lock": UV_LOCK, "requirements.txt": "fonts==1.0\n"}) is None
    assert message(tmp_path, packages, {"old/requirements.txt": "fonts==1.0\n"}) is None


def test_what_a_lock_says_is_kept_by_its_content(tmp_path, packages):
    root = workspace.write(tmp_path / "w", {"uv.lock": UV_LOCK})
    with closing(Index(tmp_path / "index")) as index:
        assert check_lock(root, ["uv.lock"], index, packages.distributions()) is None
        packages.add("plotting", "0.9")
        assert check_lock(root, ["uv.lock"], index, packages.distributions()) is not None
        (root / "uv.lock").write_text(UV_LOCK.replace('version = "1.0"', 'version = "0.9"', 1))
        assert check_lock(root, ["uv.lock"], index, packages.distributions()) is None
