"""Everything public is documented, every link of a page leads somewhere, and the drawn layers are the real ones.

Names are taken from the program itself, and looked for where its reference says that they stand: a name that
a page mentions in passing is not documented by that.
"""

from __future__ import annotations

import ast
import configparser
import re
import subprocess
from pathlib import Path

import click
import pytest

import onward
from onward.app.explaining.status import STATES
from onward.app.reading.sources import FORMS
from onward.app.settings import config
from onward.base import errors
from onward.cli.main import COMMANDS, program
from onward.model.artifact import ASSET_KINDS
from onward.portal.words import MARKS
from onward.runtime import programs
from onward.steps.registry import kinds

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCE = REPOSITORY / "src" / "onward"
REFERENCE = REPOSITORY / "docs" / "reference"
PAGES = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("changes/*.md")])


def text_of(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text("utf-8")


def section_of(text: str, heading: str) -> str:
    """The text below a heading that begins with `heading`, up to the next one of its level or above."""
    found = re.search(rf"^(#+) {re.escape(heading)}(?![\w-]).*$", text, re.MULTILINE)
    assert found, f"no heading begins with `{heading}`"
    rest = text[found.end() :]
    after = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: after.start()] if after else rest


def first_cells(text: str) -> set[str]:
    """What stands in backticks in the first cells of the tables of a text."""
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("|")]
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


def options_of(name: str) -> list[click.Option]:
    command = program.get_command(click.Context(program), name)
    assert command is not None
    return [parameter for parameter in command.params if isinstance(parameter, click.Option)]


# The command line


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_section_with_its_arguments_and_options(name: str) -> None:
    page = text_of("command-line")
    heading = re.search(rf"^## `onward {name}\b([^`]*)`", page, re.MULTILINE)
    assert heading, f"`onward {name}` has no section"
    command = program.get_command(click.Context(program), name)
    assert command is not None
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            assert parameter.human_readable_name.strip("[].") in heading[1]
    documented = first_cells(section_of(page, f"`onward {name}")) | first_cells(section_of(page, "For all commands"))
    words = {word for cell in documented for word in re.findall(r"(?<!\S)--?[\w-]+", cell)}
    for option in options_of(name):
        assert set(option.opts) <= words, f"`onward {name}` has {option.opts}, which are not documented"


@pytest.mark.parametrize("name", COMMANDS)
def test_no_option_is_documented_that_does_not_exist(name: str) -> None:
    section = section_of(text_of("command-line"), f"`onward {name}")
    words = {word for cell in first_cells(section) for word in re.findall(r"(?<!\S)--?[\w-]+", cell)}
    assert words <= {opt for option in options_of(name) for opt in option.opts}


def test_no_command_is_documented_that_does_not_exist() -> None:
    named = re.findall(r"^## `onward (\w+)", text_of("command-line"), re.MULTILINE)
    assert sorted(named) == sorted(COMMANDS)


def test_the_readme_lists_every_command() -> None:
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    words = {cell.removeprefix("onward ") for cell in first_cells(section_of(readme, "Commands"))}
    assert words == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_field_of_the_json_that_a_command_writes_is_documented(name: str) -> None:
    section = section_of(text_of("command-line"), f"`onward {name}")
    if name in ("rollback", "close"):
        section += section_of(text_of("command-line"), "`onward release")
    module = SOURCE / "cli" / "commands" / f"{name}_command.py"
    missing = sorted(
        field for field in literal_keys(module) if f'"{field}"' not in section and f"`{field}`" not in section
    )
    assert missing == []


def literal_keys(module: Path) -> set[str]:
    """The keys of all dicts that a module writes out, and those that it adds to them."""
    tree = ast.parse(module.read_text("utf-8"))
    keys = [key for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys]
    keys += [
        target.slice
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Subscript)
    ]
    texts = {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    return {text for text in texts if text not in STATES and text not in ("keep", "restore", "await", "blocked")}


@pytest.mark.parametrize("state", STATES)
def test_every_state_of_a_step_is_documented(state: str) -> None:
    assert f'"{state}"' in section_of(text_of("command-line"), "`onward status")


# Settings, names, kinds


SETTINGS = [*config._READERS, "commands", "environment", *config._TABLES]


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_documented_where_it_holds(name: str) -> None:
    page = text_of("onward-toml")
    part = "At the root alone" if name in config.ROOT_ONLY else "In any"
    assert {name, f"[{name}]"} & first_cells(section_of(page, part))


def test_no_setting_is_documented_that_does_not_exist() -> None:
    page = text_of("onward-toml")
    documented = first_cells(section_of(page, "In any")) | first_cells(section_of(page, "At the root alone"))
    assert {word.strip("[]") for word in documented} == set(SETTINGS)


def test_every_field_of_a_declared_source_is_documented() -> None:
    fields = set(config.SourceDeclaration.__struct_fields__)
    assert first_cells(section_of(text_of("onward-toml"), "`[sources]`")) == fields


@pytest.mark.parametrize(
    ("table", "readers"),
    [("commands", config._COMMAND), ("environment", config._ENVIRONMENT), ("gates", config._GATES)],
)
def test_every_field_of_a_table_of_settings_is_documented(table: str, readers: dict[str, object]) -> None:
    assert first_cells(section_of(text_of("onward-toml"), f"`[{table}]`")) == set(readers)


def test_every_variable_of_programs_is_documented_and_no_other() -> None:
    documented = first_cells(section_of(text_of("environment"), "Variables of programs"))
    assert documented - {"pass", "set", "env", "[environment]"} == set(programs.VARIABLES)


def test_every_form_of_a_source_is_documented() -> None:
    assert first_cells(section_of(text_of("sources"), "Forms")) == set(FORMS)


def test_every_kind_of_step_is_documented_and_no_other() -> None:
    assert first_cells(section_of(text_of("steps"), "Kinds")) == set(kinds())


def test_every_kind_of_asset_that_a_value_can_be_is_documented() -> None:
    # `app` is a word that the formats keep room for; no value is one.
    documented = first_cells(text_of("values").partition("## ")[0])
    assert documented == set(ASSET_KINDS) - {"app"}


def test_every_mark_that_can_be_given_is_explained_to_readers() -> None:
    constants = (SOURCE / "model" / "trace.py").read_text("utf-8")
    given = {mark for mark in MARKS if f'"{mark}"' in constants}
    page = (REPOSITORY / "docs" / "explanation" / "site.md").read_text("utf-8")
    explained = {line.split("|")[1].strip() for line in section_of(page, "Marks").splitlines() if line.startswith("|")}
    assert given and given <= explained


# The Python face


@pytest.mark.parametrize("name", onward.__all__)
def test_every_public_name_has_a_section(name: str) -> None:
    assert section_of(text_of("python"), f"`{name}`").strip()


@pytest.mark.parametrize("name", ["asset", "check", "load", "metric", "save"])
def test_every_argument_of_what_user_code_calls_is_documented(name: str) -> None:
    section = section_of(text_of("python"), f"`{name}`")
    tree = ast.parse((SOURCE / "api" / "__init__.py").read_text("utf-8"))
    function = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == name][-1]
    arguments = [argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)]
    assert [word for word in arguments if word != "function" and word not in section] == []


def test_every_method_of_a_workspace_is_documented_with_its_arguments() -> None:
    section = section_of(text_of("python"), "`Workspace`")
    calls = {call.partition("(")[0].removeprefix("Workspace."): call for call in first_cells(section)}
    tree = ast.parse((SOURCE / "workspace.py").read_text("utf-8"))
    face = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Workspace")
    methods = {
        node.name: node for node in face.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }
    assert set(calls) == set(methods)
    for name, method in methods.items():
        arguments = [argument.arg for argument in (*method.args.args, *method.args.kwonlyargs)]
        assert [word for word in arguments if word != "self" and word not in calls[name]] == []


# Errors


def codes() -> set[str]:
    """The codes of all errors, and of all findings that the source makes."""
    families = [errors.OnwardError]
    found: set[str] = set()
    while families:
        family = families.pop()
        families += family.__subclasses__()
        if family.__module__.startswith("onward."):
            found.add(family.code)
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant):
                    found.add(str(first.value))
    return found


def test_every_code_of_an_error_has_a_section_and_no_other_has() -> None:
    page = text_of("errors")
    documented = re.findall(r"^### `([\w-]+)`$", page, re.MULTILINE)
    assert sorted(documented) == sorted(codes())


def test_every_exit_status_is_documented() -> None:
    families = [errors.OnwardError]
    statuses = {0, 1}
    while families:
        family = families.pop()
        families += family.__subclasses__()
        statuses.add(family.status)
    documented = first_cells(section_of(text_of("command-line"), "Exit status"))
    assert {str(status) for status in statuses} <= documented


def test_every_way_in_which_a_step_fails_is_documented() -> None:
    documented = first_cells(section_of(text_of("errors"), "How a step fails"))
    named: set[str] = set()
    for path in [*(SOURCE / "app").rglob("*.py"), *(SOURCE / "runtime").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("_error", "error_of")
            ):
                named |= {str(argument.value) for argument in node.args[:1] if isinstance(argument, ast.Constant)}
    own = ast.parse((SOURCE / "runtime" / "values" / "errors.py").read_text("utf-8"))
    named |= {node.name for node in own.body if isinstance(node, ast.ClassDef)}
    assert len(named) > 8
    assert named <= documented


# Pages


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        if anchor:
            assert anchor in anchors_of(target), f"{link}: there is no such heading"


def test_every_page_is_reached_from_the_index() -> None:
    index = REPOSITORY / "docs" / "index.md"
    linked = {(index.parent / link).resolve() for link in re.findall(r"\]\(([^)#\s]+)", index.read_text("utf-8"))}
    pages = {page for page in (REPOSITORY / "docs").rglob("*.md") if "decisions" not in page.parts}
    assert pages - linked == {index}


def test_the_layers_are_drawn_as_they_are() -> None:
    parser = configparser.ConfigParser()
    parser.read(REPOSITORY / ".importlinter")
    real = [line.strip() for line in parser["importlinter:contract:layers"]["layers"].splitlines() if line.strip()]
    drawn = section_of((REPOSITORY / "ARCHITECTURE.md").read_text("utf-8"), "The picture")
    block = re.search(r"```text\n(.*?)```", drawn, re.DOTALL)
    assert block
    lines = [re.split(r" {2,}", line)[0] for line in block[1].splitlines() if not line.startswith(" ")]
    assert [line for line in lines if line] == real


def test_every_test_that_guards_an_invariant_exists() -> None:
    table = section_of((REPOSITORY / "ARCHITECTURE.md").read_text("utf-8"), "Invariants")
    named = re.findall(r"`(test_\w+)`", table)
    assert len(named) > 5
    defined = subprocess.run(
        ["git", "grep", "-hoE", "--untracked", r"def test_\w+", "--", "tests"],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert [name for name in named if name not in defined] == []


# The changelog


def test_every_fragment_stands_in_the_changelog() -> None:
    changelog = (REPOSITORY / "CHANGELOG.md").read_text("utf-8")
    for fragment in (REPOSITORY / "changes").glob("[0-9]*.md"):
        words = " ".join(fragment.read_text("utf-8").split())
        assert words in " ".join(changelog.split()), f"{fragment.name} is not in CHANGELOG.md"
