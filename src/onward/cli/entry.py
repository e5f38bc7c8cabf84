"""Where the command begins. The version, the help of the whole program, and that nothing has changed are told before
anything else is loaded.
"""

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
    from onward.cli import nothing_to_do

    if nothing_to_do.answered(sys.argv[1:]):
        return
    import gc

    from onward.cli.main import main as program

    # Nearly all that a command makes lives as long as it does: looking for circles in it often is time lost.
    gc.freeze()
    gc.set_threshold(50_000, 50, 1000)
    program()
