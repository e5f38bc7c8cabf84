"""The help of the whole program, as text. Imports nothing: most of the time of a help is the start of its libraries."""

from __future__ import annotations

COMMANDS = {
    "init": "Make a workspace, or the demonstration.",
    "list": "Show projects, sources, steps, assets and checks.",
    "run": "Bring targets up to date.",
    "status": "Show what is current, what is stale, and why.",
    "why": "Tell why something would run, back to the edit.",
    "show": "Show an asset and what it rests on.",
    "get": "Write an asset to a file.",
    "logs": "Show what a step printed.",
    "diff": "Show what differs between two snapshots, and why.",
    "review": "Show what a change does, before it is pushed.",
    "ci": "Run the whole pipeline of a change.",
    "graph": "Show what is built upon what.",
    "snapshots": "List the states that were made.",
    "release": "Move the readers to the last snapshot.",
    "rollback": "Move the readers back.",
    "publish": "Bring the site to its places again.",
    "releases": "List the moves of the channels.",
    "close": "Close a channel that nobody reads any more.",
    "bisect": "Find where a metric moved most.",
    "reproduce": "Make an old release again, and compare.",
    "site": "Write a release as a static site.",
    "gc": "Remove bytes that nobody needs any more.",
    "doctor": "Check the store, the environment and the machine.",
}
OPTIONS = {
    "-C DIR": "Work in the workspace that holds DIR.",
    "--json": "Print one JSON object.",
    "--version": "Show the version and exit.",
    "-h, --help": "Show this message and exit.",
}
ABOUT = """\
  One repository, one graph, one pipeline, one site for the analyses of a team.

  Every analysis is a folder that keeps itself up to date. Start with `onward init NAME --demo`."""


def program_help() -> str:
    """What `onward --help` prints."""
    return "\n".join(
        [
            "Usage: onward [OPTIONS] COMMAND [ARGS]...",
            "",
            ABOUT,
            "",
            "Options:",
            *_rows(OPTIONS),
            "",
            "Commands:",
            *_rows(COMMANDS),
        ]
    )


def _rows(table: dict[str, str]) -> list[str]:
    width = max(map(len, table))
    return [f"  {name:<{width}}  {said}" for name, said in table.items()]
