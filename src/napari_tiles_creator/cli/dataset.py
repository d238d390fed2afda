"""Commands on a dataset that was exported: verify, empty."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from napari_tiles_creator.cli.options import json_option
from napari_tiles_creator.cli.show import complain, counted, print_json, warn

NOT_OK, NOTHING_DONE = 1, 2
SHOWN = 10


@click.command()
@click.argument("dataset")
@json_option
def verify(dataset: str, as_json: bool) -> int:
    """Check every file of DATASET against its manifest, contents included."""
    from napari_tiles_creator.engine.export.verify import verify as verify_dataset

    verdict = verify_dataset(Path(dataset))
    if as_json:
        print_json(verdict.to_dict())
        return 0 if verdict.ok else NOT_OK
    for kind, paths in (("missing", verdict.missing), ("changed", verdict.changed)):
        for path in paths[:SHOWN]:
            complain(f"{path} is {kind}")
        if len(paths) > SHOWN:
            complain(f"and {len(paths) - SHOWN} more are {kind}")
    for leak in verdict.leaks:
        complain(f"two splits are mixed: {leak}")
    if verdict.extra:
        shown = ", ".join(verdict.extra[:3]) + (" …" if len(verdict.extra) > 3 else "")
        click.echo(f"{counted(len(verdict.extra), 'other file')} in the folder: {shown}")
        if any("/" in path for path in verdict.extra):
            warn("a program that trains from the folder may take files among the tiles for tiles: remove them")
    if verdict.predictions:
        click.echo(f"{counted(len(verdict.predictions), 'file')} of predictions in the folder")
    if not verdict.finished:
        complain("the export did not come to its end: the same export command goes on")
    click.echo(f"{counted(verdict.tiles, 'tile')}: {'all as written' if verdict.ok else 'NOT as written'}")
    return 0 if verdict.ok else NOT_OK


@click.command()
@click.argument("dataset")
@click.option("--yes", is_flag=True, help="Do not ask.")
def empty(dataset: str, yes: bool) -> int:
    """Remove exactly what an export wrote to DATASET: unchanged tiles and the manifest, nothing else."""
    from napari_tiles_creator.engine.export.verify import plan_emptying

    emptying = plan_emptying(Path(dataset))
    click.echo(f"{counted(len(emptying.remove), 'file')} of the export in {dataset} will be removed")
    if emptying.keep:
        shown = ", ".join(emptying.keep[:3]) + (" …" if len(emptying.keep) > 3 else "")
        click.echo(f"{counted(len(emptying.keep), 'file')} will stay (changed since, or not from an export): {shown}")
    if not yes:
        if not sys.stdin.isatty():
            click.echo("error: nothing removed: add --yes to remove without being asked", err=True)
            return NOTHING_DONE
        if not click.confirm("Remove them?"):
            click.echo("nothing removed")
            return NOTHING_DONE
    emptying.carry_out()
    click.echo("removed")
    return 0
