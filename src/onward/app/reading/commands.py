"""Commands as an `onward.toml` declares them, with what of the tree they name: programs of the workspace, folders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onward.base import paths
from onward.base.digest import Digest
from onward.languages.shell import path_words
from onward.model.ports import CodeFile, Command
from onward.model.workspace import CommandDeclaration, Settings
from onward.store.index import Index

CONFIG_SUFFIX = ".toml"
_PROGRAM_SUFFIXES = (
    ".sh", ".bash", ".zsh", ".fish", ".py", ".r", ".R", ".Rmd", ".qmd", ".jl", ".pl", ".rb", ".js", ".mjs", ".ts",
    ".awk", ".sed", ".lua", ".m", ".do", ".sas", ".sps", ".sql", ".scala", ".jar", ".php", ".tex", ".stan", ".mk",
)  # fmt: skip
_PROGRAM_NAMES = ("Makefile", "makefile", "GNUmakefile", "Snakefile", "justfile")


def command_files(
    root: Path, configured: Mapping[str, Settings], digests: Mapping[str, Digest], index: Index
) -> dict[str, CodeFile]:
    """Each `onward.toml` that declares commands, by path.

    Args:
        root: the workspace's.
        configured: settings by folder.
        digests: of every `onward.toml`, by path.
        index: digests the programs that commands name.
    """
    found = {}
    for path, digest in digests.items():
        folder = paths.folder_of(path)
        settings = configured.get(folder)
        if settings is not None and settings.commands:
            commands = {name: _command(root, folder, each, index) for name, each in settings.commands.items()}
            found[path] = CodeFile(path, digest, commands=commands, in_project=True)
    return found


def _command(root: Path, folder: str, declared: CommandDeclaration, index: Index) -> Command:
    scripts = {}
    for path in _programs(root, folder, declared):
        try:
            scripts[path] = index.digest(str(root / path))
        except OSError:
            continue  # the command will fail to read it, too, and say so
    inputs = tuple(_as_listing(root, folder, each) if each in declared.paths else each for each in declared.inputs)
    return Command(msgspec.structs.replace(declared, inputs=inputs), scripts)


def _programs(root: Path, folder: str, declared: CommandDeclaration) -> Iterator[str]:
    """The files of the workspace that the command line names and that hold code."""
    spared = {*declared.outputs, *declared.paths}
    for number, word in enumerate(path_words(declared.run)):
        path = paths.join(folder, word) if word not in spared else None
        if path and (root / path).is_file() and (number == 0 or _is_program(root / path)):
            yield path


def _is_program(path: Path) -> bool:
    if path.suffix in _PROGRAM_SUFFIXES or path.name in _PROGRAM_NAMES:
        return True
    try:
        with open(path, "rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False


def _as_listing(root: Path, folder: str, text: str) -> str:
    """A path, with a `/` at its end where it is a folder's."""
    return text if text.endswith("/") or not os.path.isdir(root / folder / text) else f"{text}/"
