"""Commands on a dataset that was exported: verify, merge, empty."""

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
    if not verdict.finished:
        complain("the export did not come to its end: the same export command goes on")
    click.echo(f"{counted(verdict.tiles, 'tile')}: {'all as written' if verdict.ok else 'NOT as written'}")
    return 0 if verdict.ok else NOT_OK


@click.command()
@click.argument("dataset")
@click.argument("output")
@click.option("--tiles", metavar="FOLDER", help="Results named like the tiles; the dataset's own by default.")
@click.option("--kind", default="values", show_default=True, help="What the tiles hold: values.")
@click.option("--blend", default="linear", show_default=True, help="How overlaps combine: linear, hann, mean, core.")
@click.option("--at", default="calibrated", show_default=True, help="Size of the result: calibrated.")
@click.option("--missing", default="fail", show_default=True, help="Pixels of missing tiles: fail, or a value.")
@click.option("--denormalize", is_flag=True, help="Map values back to the images' own range.")
def merge(
    dataset: str, output: str, tiles: str | None, kind: str, blend: str, at: str, missing: str, denormalize: bool
) -> int:
    """Put the tiles of DATASET, or results named like them, back into one TIFF an image in OUTPUT."""
    from napari_tiles_creator.engine.back.merge import merge as merge_dataset

    report = merge_dataset(
        dataset, output, tiles=tiles, kind=kind, blend=blend, at=at, missing=missing, denormalize=denormalize
    )
    for message in report.warnings:
        warn(message)
    for failure in report.failed:
        complain(failure.reason)
    click.echo(f"{counted(len(report.files), 'image')} merged into {output}")
    if not report.files:
        return NOTHING_DONE
    return NOT_OK if report.failed else 0


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
