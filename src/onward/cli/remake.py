"""Makes an asset again whose bytes are damaged, and says so on standard error."""

from __future__ import annotations

import click

from onward.app.options import RunOptions
from onward.app.run import run
from onward.app.show import Remake
from onward.app.wiring import Opened
from onward.cli.render.progress import PlainProgress


def remake_in(opened: Opened) -> Remake:
    """What `show`, `get` and `site` call for an asset that has to be made again first."""

    def remake(asset: str) -> None:
        click.echo(f"the stored `{asset}` is damaged and is made again", err=True)
        run(opened, RunOptions((asset,), keep_going=True), PlainProgress())

    return remake
