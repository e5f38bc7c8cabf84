"""Requirement lines and their conditions, as distributions really write them."""

from __future__ import annotations

import pytest

from onward.base.requirements import Requirement, applies, normal_name, parse_requirement, same_version

HERE = {
    "python_version": "3.11", "python_full_version": "3.11.7", "sys_platform": "linux", "os_name": "posix",
    "platform_system": "Linux", "platform_machine": "x86_64", "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
}  # fmt: skip


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("numpy", Requirement("numpy")),
        ("Jinja2>=3.0", Requirement("jinja2")),
        ("numpy (>=1.22.4,<2)", Requirement("numpy")),
        ("zope.interface==5.*", Requirement("zope-interface")),
        ("torch==2.1.0+cpu", Requirement("torch", pin="2.1.0+cpu")),
        ("black[jupyter, d]==23.1; extra == 'dev'", Requirement("black", ("jupyter", "d"), "23.1", "extra == 'dev'")),
        ("acme @ git+https://host/acme.git@main ; os_name == 'nt'", Requirement("acme", marker="os_name == 'nt'")),
        ("acme @ https://host/acme.zip;a=b", Requirement("acme")),
        ("x===1.0", Requirement("x", pin="1.0")),
    ],
)
def test_a_requirement_is_read(line, expected):
    assert parse_requirement(line) == expected


@pytest.mark.parametrize("line", ["", "# text", "-r other.txt", "./wheels/acme.whl", "two words"])
def test_what_is_no_requirement_is_none(line):
    assert parse_requirement(line) is None


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("", True),
        ('python_version < "3.12"', True),
        ('python_version >= "3.9" and python_version < "3.11"', False),
        ("python_version == '3.11.*' or python_version == '2.7'", True),
        ("python_full_version < '3.11.8'", True),
        ("python_version ~= '3.8'", True),
        ("python_version in '3.10 3.11'", True),
        ("'linux' not in sys_platform", False),
        ("sys_platform == 'win32' or (os_name == 'posix' and platform_machine != 'arm64')", True),
        ('extra == "Plot_All"', True),
        ("extra == 'other'", False),
        ("platform_release >= '5'", None),
        ("platform_release >= '5' and sys_platform == 'win32'", False),
        ("platform_release >= '5' or sys_platform == 'linux'", True),
        ("python_version >=", None),
        ("(python_version > '3'", None),
        ("€", None),
    ],
)
def test_a_condition_is_true_false_or_open(marker, expected):
    assert applies(marker, HERE, {"plot-all"}) is expected


def test_a_release_candidate_is_not_decided_on_its_own_number():
    facts = {"python_full_version": "3.14.0rc1"}
    assert applies("python_full_version >= '3.14'", facts) is None
    assert applies("python_full_version >= '3.13'", facts) is True


def test_spellings_of_a_name_are_one():
    assert normal_name("Zope.Interface") == normal_name("zope_interface") == "zope-interface"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("2.0", "2.0.0", True), ("1.0", "1.0.1", False), ("1.0rc1", "1.0", False), ("2.1", "2.1+cpu", True),
     ("2.1+gpu", "2.1+cpu", False), ("2024.01", "2024.1", True)],
)  # fmt: skip
def test_versions_that_mean_one(one, other, same):
    assert same_version(one, other) is same
