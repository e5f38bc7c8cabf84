"""Where the command begins. The version and the help of the whole program are told before anything else is loaded."""

from __future__ import annotations

import sys

import onward
from onward.cli.help import program_help


def main() -> None:
    """Carries out the command line and ends the process."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"onward {onward.__version__}\n")
        return
    if sys.argv[1:] in (["--help"], ["-h"]):
        sys.stdout.write(program_help() + "\n")
        return
    from onward.cli.main import main as program

    program()
