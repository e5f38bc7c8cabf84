"""Where the command begins. A question for the version is answered before anything else is loaded."""

from __future__ import annotations

import sys

import onward


def main() -> None:
    """Carries out the command line and ends the process."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"onward {onward.__version__}\n")
        return
    from onward.cli.main import main as program

    program()
