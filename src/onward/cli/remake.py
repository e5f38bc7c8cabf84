"""What is made before it is shown: an asset whose bytes are damaged, the working tree where it is stale."""

from __future__ import annotations

import click

from onward.app.explaining.show import Remake
from onward.app.running.remake import remake
from onward.app.running.run import run_to_the_end
from onward.app.settings.options import RunOptions
from onward.app.wiring import Opened
from onward.cli.render.progress import PlainProgress


def remake_in(opened: Opened) -> Remake:
    """What `show`, `get` and `site` call for an asset that has to be made again first."""

    def say_and_remake(asset: str) -> None:
        click.echo(f"the stored `{asset}` is damaged and is made again", err=True)
        remake(opened, asset, PlainProgress())

    return say_and_remake


def made_first(opened: Opened, at: str | None) -> str | None:
    """A SNAPSHOT word as it is; for `work` the working tree is brought up to date, and is the latest then."""
    if at != "work":
        return at
    run_to_the_end(opened, RunOptions(keep_going=True), PlainProgress())
    return "latest"
