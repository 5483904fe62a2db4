"""`muniment demo`: the main job, told in acts by five fictional offices."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from muniment.cli.common import errors


def demo(
    directory: Annotated[Path, typer.Option("--keep", help="Where its files will lie.")] = Path(
        "demo-output"),
) -> None:
    """Run the main job in fictional offices; exit non-zero if any outcome is not as told."""
    with errors():
        from muniment.cli.story import Story

        told = Story(directory).tell()
    if not told:
        sys.stdout.write("\nThe demo did NOT go as told.\n")
        raise typer.Exit(1)
