"""The command `course pipeline`: the whole course in one program, see `helpers.deployment.pipeline`."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer


def pipeline(
    folder: Annotated[
        Path | None, typer.Option(help="Where its files go; nowhere for good, if not given.")
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            help="Of the split and of the start of training; its settings were chosen on 0 to 5.", min=0
        ),
    ] = 20,
) -> None:
    """Go the whole way of the course, from a split of the digits to a network of 8 bits in a file.

    Example: course pipeline --folder model
    """
    from helpers.deployment.pipeline import run

    with TemporaryDirectory() as throwaway:
        place = folder or Path(throwaway)
        place.mkdir(parents=True, exist_ok=True)
        for line in run(place, seed):
            typer.echo(line)
    if folder:
        typer.echo(f"The files are in {folder}.")
