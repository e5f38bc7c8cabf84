"""What is read from package folders."""

from __future__ import annotations

import pytest

from onward.app.environments.installed import read_code, read_installed
from tests.unit.app.packages import Packages


@pytest.fixture
def packages(tmp_path):
    return Packages(tmp_path / "site-packages")


def test_name_version_and_requirements_come_from_the_description_above_its_text(packages):
    packages.add("Zope.Interface", "5.0", ["setuptools", 'docs ; extra == "docs"'])
    found = packages.installed().distributions["zope-interface"]
    assert (found.version, found.requires) == ("5.0", ("setuptools", 'docs ; extra == "docs"'))


def test_a_module_comes_from_the_distribution_that_holds_it(packages):
    packages.add("pillow", files={"PIL/__init__.py": "", "pillow.libs/libjpeg.so": "", "PIL/_c.cpython-311.so": ""})
    packages.add("six", files={"six.py": ""})
    packages.add("fast", files={"_fast.cpython-311-x86_64-linux-gnu.so": ""})
    installed = packages.installed()
    owners = {name: installed.owners(name) for name in ("PIL", "PIL.Image", "six", "_fast", "pillow.libs", "yaml")}
    assert owners == {
        "PIL": ("pillow",), "PIL.Image": ("pillow",), "six": ("six",), "_fast": ("fast",),
        "pillow.libs": ("pillow",), "yaml": (),
    }  # fmt: skip


def test_of_a_shared_folder_each_has_its_part_and_the_folder_is_everybodys(packages):
    packages.add("google-cloud-storage", files={"google/cloud/storage/__init__.py": ""})
    packages.add("protobuf", files={"google/protobuf/__init__.py": "", "google/_upb/_message.abi3.so": ""})
    installed = packages.installed()
    assert installed.owners("google.cloud.storage.blob") == ("google-cloud-storage",)
    assert installed.owners("google.protobuf") == installed.owners("google._upb._message") == ("protobuf",)
    assert installed.owners("google") == ("google-cloud-storage", "protobuf")


def test_what_an_installer_writes_does_not_count_and_what_it_installs_does(packages):
    packages.add("acme", files={"acme/__init__.py": "one"})
    first = packages.installed().distributions["acme"].content
    packages.add("acme", files={"acme/__init__.py": "one"}, direct_url={"url": "https://host/acme.whl"})
    assert packages.installed().distributions["acme"].content == first
    packages.add("acme", files={"acme/__init__.py": "two"})
    assert packages.installed().distributions["acme"].content != first


def test_a_distribution_without_a_record_provides_what_it_says_or_its_own_name(tmp_path):
    folder = tmp_path / "site-packages"
    (folder / "old-1.0-py3.11.egg-info").mkdir(parents=True)
    (folder / "old-1.0-py3.11.egg-info" / "top_level.txt").write_text("older\n")
    (folder / "plain-2.0.egg-info").write_text("Name: plain\nVersion: 2.0\n")
    installed = read_installed([str(folder)], None)
    assert installed.owners("older") == ("old",)
    assert installed.owners("plain") == ("plain",)
    assert {name: found.version for name, found in installed.distributions.items()} == {"old": "1.0", "plain": "2.0"}


def test_the_first_folder_that_has_a_name_wins(tmp_path):
    near, far = Packages(tmp_path / "near"), Packages(tmp_path / "far")
    near.add("acme", "2.0")
    far.add("acme", "1.0")
    installed = read_installed([str(near.folder), str(far.folder), str(tmp_path / "missing")], None)
    assert installed.distributions["acme"].version == "2.0"


def test_the_commit_and_the_folder_of_an_editable_distribution_are_known(packages, tmp_path):
    code = tmp_path / "code" / "src"
    code.mkdir(parents=True)
    packages.add("fromgit", direct_url={"url": "https://host/r.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}})
    editable = {"url": f"file://{tmp_path}/code", "dir_info": {"editable": True}}
    packages.add("bypath", files={"_bypath.pth": f"{code}\n"}, direct_url=editable)
    finder = f"MAPPING: dict[str, str] = {{'mapped': '{tmp_path}/code/lib/mapped'}}\nNAMESPACES = {{}}\n"
    files = {"__editable___mapped_1_0_finder.py": finder, "__editable__.mapped-1.0.pth": "import __editable___mapped\n"}
    packages.add("mapped", files=files, direct_url=editable)
    found = packages.installed().distributions
    assert found["fromgit"].commit == "abc"
    assert found["bypath"].roots == (str(code),)
    assert found["mapped"].roots[0] == f"{tmp_path}/code/lib"
    assert (found["bypath"].starts, found["mapped"].starts) == (False, True)


def test_what_belongs_to_no_distribution_is_a_stray_and_its_bytes_count(packages, tmp_path):
    (tmp_path / "more").mkdir()
    packages.add("acme")
    (packages.folder / "own.py").write_text("one")
    (packages.folder / "own.pth").write_text(f"# mine\n{tmp_path}/more\n{tmp_path}/gone\n")
    (packages.folder / "__pycache__").mkdir()
    before = packages.installed()
    assert (list(before.strays), before.roots) == (["own.pth", "own.py"], (f"{tmp_path}/more",))
    (packages.folder / "own.py").write_text("two")
    assert packages.installed().strays["own.py"] != before.strays["own.py"]


def test_programs_are_not_looked_up_and_other_entry_points_are(packages):
    packages.add("tool", entry_points="[console_scripts]\ntool = tool:main\n")
    packages.add("plugin", entry_points="[console_scripts]\nx = y:z\n\n[pandas_plotting_backends]\nplugin = plugin\n")
    found = packages.installed().distributions
    assert found["tool"].entry_points == ""
    assert found["plugin"].entry_points != ""


def test_a_folder_that_has_just_changed_is_read_again(packages, tmp_path):
    packages.add("acme")
    read_installed([str(packages.folder)], tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_it_is_kept_until_the_folder_changes(packages, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "onward.app.environments.installed._RACY_NS", -(10**18)
    )  # as if the folder had changed long ago
    packages.add("acme", "1.0")
    folders, cache = [str(packages.folder)], tmp_path / "cache"
    first = read_installed(folders, cache)
    (packages.folder / "acme-1.0.dist-info" / "METADATA").write_text("Name: acme\nVersion: 9\n")
    assert read_installed(folders, cache) == first
    packages.add("acme", "2.0")
    assert read_installed(folders, cache).distributions["acme"].version == "2.0"


def test_a_damaged_cache_is_read_anew(packages, tmp_path, monkeypatch):
    packages.add("acme")
    monkeypatch.setattr("onward.app.environments.installed._RACY_NS", -(10**18))
    cache = tmp_path / "cache"
    first = read_installed([str(packages.folder)], cache)
    for path in cache.iterdir():
        path.write_bytes(b"\x00")
    assert read_installed([str(packages.folder)], cache) == first


def test_code_that_is_edited_elsewhere_counts_by_its_bytes(tmp_path):
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "__init__.py").write_text("one")
    (tmp_path / "acme" / "notes.txt").write_text("x")
    digest, looked_at = read_code(str(tmp_path))
    assert str(tmp_path / "acme" / "__init__.py") in looked_at
    (tmp_path / "acme" / "notes.txt").write_text("y")
    assert read_code(str(tmp_path))[0] == digest
    (tmp_path / "acme" / "__init__.py").write_text("two")
    assert read_code(str(tmp_path))[0] != digest
