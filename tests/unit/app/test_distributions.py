"""Which of the installed distributions a result rests on: what has to make it stale, and what must not."""

from __future__ import annotations

import pytest

from onward.app.environments.distributions import Touched
from tests.unit.app.packages import Packages


@pytest.fixture
def packages(tmp_path):
    made = Packages(tmp_path / "site-packages")
    made.add("numbers-lib", "1.0", files={"numlib/__init__.py": ""})
    made.add(
        "tables", "2.0", ["numbers-lib>=1", "plotting; extra == 'plot'", "absent-one; extra == 'plot'",
                          "windows-only; sys_platform == 'win32'"],
    )  # fmt: skip
    made.add("plotting", "3.0", ["tables[fast]", "fonts"])
    made.add("fonts", "1.0")
    made.add("unrelated", "1.0")
    return made


def touched(*modules, externals=(), missing=(), is_complete=True):
    return Touched(externals, modules, missing, is_complete)


def rests_on(packages, run, *, members=(), workspace=()):
    distributions = packages.distributions(members)
    return {(seen.kind, seen.name): seen.digest for seen in distributions.observations(run, workspace.__contains__)}


def holds(packages, seen, *, members=()):
    """Whether all of it is true of what is installed now."""
    from onward.model.trace import Observation

    distributions = packages.distributions(members)
    return all(distributions.seen(Observation(*key)) == digest for key, digest in seen.items())


WHOLE = {("distributions", "all")}


def test_everything_counts_for_a_run_that_was_not_watched(packages):
    seen = rests_on(packages, touched("tables", is_complete=False))
    assert seen.keys() == WHOLE
    packages.add("unrelated", "1.1")
    assert not holds(packages, seen)


def test_a_watched_run_rests_on_what_it_loaded_and_what_that_requires(packages):
    seen = rests_on(packages, touched("tables", "json", "os"))
    assert seen.keys() == {("distribution", "tables"), ("distribution", "numbers-lib")}
    packages.add("plotting", "3.1")
    packages.add("unrelated", "1.1")
    packages.add("brand-new")
    assert holds(packages, seen)
    packages.add("numbers-lib", "1.1", files={"numlib/__init__.py": ""})
    assert not holds(packages, seen)


def test_another_build_of_the_same_version_counts(packages):
    seen = rests_on(packages, touched("tables"))
    packages.add("tables", "2.0", ["numbers-lib>=1"], files={"tables/__init__.py": "another"})
    assert not holds(packages, seen)


def test_what_the_code_names_counts_though_this_run_did_not_come_to_it(packages):
    seen = rests_on(packages, touched("tables", externals=("fonts", "notinstalled")))
    assert ("distribution", "fonts") in seen
    assert seen["module", "notinstalled"] == ""


def test_a_module_that_was_looked_for_in_vain_counts_as_missing(packages):
    seen = rests_on(packages, touched("tables", missing=("faster", "json")))
    assert seen["module", "faster"] == ""
    assert ("module", "json") not in seen
    packages.add("faster")
    assert not holds(packages, seen)


def test_a_module_that_was_looked_for_and_not_loaded_counts_by_being_there(packages):
    seen = rests_on(packages, touched("tables", missing=("fonts",)))
    assert ("distribution", "fonts") not in seen
    packages.add("fonts", "2.0")
    assert holds(packages, seen)
    packages.remove("fonts")
    assert not holds(packages, seen)


def test_what_was_read_of_a_distribution_counts_by_its_version(packages):
    seen = rests_on(packages, touched("tables", "fonts-1.0.dist-info", missing=("fonts",)))
    assert ("distribution", "fonts") in seen


def test_optional_partners_count_where_nobody_knows_what_was_looked_for(packages):
    seen = rests_on(packages, touched("tables", missing=None))
    assert ("distribution", "plotting") in seen
    assert seen["distribution", "absent-one"] == ""
    assert ("distribution", "windows-only") not in seen
    packages.add("absent-one")
    assert not holds(packages, seen)


def test_extras_that_a_requirement_asks_for_count(packages):
    packages.add("asks", requires=["tables[plot]"])
    assert ("distribution", "fonts") in rests_on(packages, touched("asks"))


def test_a_required_distribution_that_is_missing_counts_as_missing(packages):
    packages.remove("numbers-lib")
    seen = rests_on(packages, touched("tables"))
    assert seen["distribution", "numbers-lib"] == ""
    packages.add("numbers-lib", files={"numlib/__init__.py": ""})
    assert not holds(packages, seen)


@pytest.mark.parametrize("name", ["importlib", "pkg_resources"])
def test_code_that_may_ask_what_is_installed_rests_on_everything(packages, name):
    assert rests_on(packages, touched("tables", externals=(name,))).keys() == WHOLE


def test_a_module_of_unknown_origin_widens_to_everything(packages):
    assert rests_on(packages, touched("tables", "stranger")).keys() == WHOLE


def test_a_requirement_that_cannot_be_read_widens_to_everything(packages):
    packages.add("odd", requires=["two words"])
    assert rests_on(packages, touched("odd")).keys() == WHOLE


def test_modules_of_the_workspace_and_of_onward_are_no_packages(packages):
    packages.add("onward", requires=["unrelated"])
    assert rests_on(packages, touched("acme", "onward", "__main__"), workspace={"acme"}) == {}


def test_what_starts_with_every_python_counts_always(packages):
    packages.add("hooks", files={"hooks.pth": "import hooks\n", "hooks.py": ""})
    assert ("distribution", "hooks") in rests_on(packages, touched())


def test_entry_points_count_where_code_may_look_them_up(packages):
    assert ("distributions", "entry points") not in rests_on(packages, touched("tables"))
    seen = rests_on(packages, touched("tables", "importlib.metadata"))
    packages.add("plain", entry_points="[console_scripts]\nplain = plain:main\n")
    assert holds(packages, seen)
    packages.add("backend", entry_points="[tables.engines]\nbackend = backend:Engine\n")
    assert not holds(packages, seen)


def test_a_distribution_that_is_workspace_code_never_counts_by_version(packages):
    packages.add("member", "1.0", ["fonts"])
    everything = rests_on(packages, touched(is_complete=False), members=("member",))
    narrow = rests_on(packages, touched("member", "tables"), members=("member",))
    packages.add("member", "2.0", ["fonts"])
    assert holds(packages, everything, members=("member",))
    assert holds(packages, narrow, members=("member",))
    assert ("distribution", "member") not in narrow


@pytest.mark.parametrize("is_complete", [True, False])
def test_a_stray_module_counts_by_its_bytes(packages, is_complete):
    (packages.folder / "own.py").write_text("one")
    seen = rests_on(packages, touched("own", is_complete=is_complete))
    assert seen.keys() == ({("module", "own")} if is_complete else WHOLE)
    (packages.folder / "own.py").write_text("two")
    assert not holds(packages, seen)


def test_a_stray_folder_widens_to_everything(packages):
    (packages.folder / "copied").mkdir()
    assert rests_on(packages, touched("copied")).keys() == WHOLE
