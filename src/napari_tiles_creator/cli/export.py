"""The command export, with progress for people and events for programs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from napari_tiles_creator.cli.options import json_option, make_recipe, recipe_options, run_options
from napari_tiles_creator.cli.show import complain, counted, print_json, warn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from napari_tiles_creator.engine.export.events import Event, Finished
    from napari_tiles_creator.engine.planning.plan import Plan

SOME_FAILED, NOTHING_DONE = 1, 2


@click.command()
@recipe_options
@run_options
@click.option("--checksum", type=click.Choice(["sha256"]), help="Add this digest of every tile to tiles.csv.")
@click.option(
    "--allow-foreign", is_flag=True, help="Write into a folder that holds other files; they stay as they are."
)
@json_option
def export(
    workers: int | None,
    memory: int,
    checksum: str | None,
    allow_foreign: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Cut the images in SOURCE and write the tiles to OUTPUT.

    Stopped at any point, the same command goes on where it left off.
    """
    from napari_tiles_creator.engine.export.events import Finished, ItemFailed
    from napari_tiles_creator.engine.export.run import run
    from napari_tiles_creator.engine.planning.plan import make_plan

    plan = make_plan(make_recipe(**options))
    for message in plan.warnings:
        warn(message)
    events: Iterable[Event] = run(
        plan, workers=workers, memory_bytes=memory, checksum=checksum, allow_foreign=allow_foreign
    )
    last = None
    try:
        for event in events if as_json else _with_progress(events, plan.candidates):
            if as_json:
                print_json(event.to_dict())
            elif isinstance(event, ItemFailed):
                complain(event.reason)
            if isinstance(event, Finished):
                last = event
    except KeyboardInterrupt:
        click.echo("what is written stays; the same command goes on from there", err=True)
        raise
    assert last is not None
    if not as_json:
        _summarize(plan, last)
    for note in last.notes if not as_json else ():
        warn(note)
    if not last.tiles + last.skipped:
        if last.left_out:
            warn(f"every tile was left out by a filter ({_filters(plan)}): the dataset is empty")
        return NOTHING_DONE
    return SOME_FAILED if last.failed or last.empty_splits else 0


def _with_progress(events: Iterable[Event], total: int) -> Iterator[Event]:
    """Pass the events on while a bar on standard error counts tiles; the bar is shown on a terminal only."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from napari_tiles_creator.engine.export.events import TileLeftOut, TileSkipped, TileWritten

    console = Console(stderr=True)
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("tiles · {task.fields[rate]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("tiles", total=total, rate="")
        for event in events:
            if isinstance(event, TileWritten | TileSkipped | TileLeftOut):
                speed = bar.tasks[0].speed
                bar.update(task, advance=1, rate=f"{speed:.0f}/s" if speed else "")
            yield event


def _filters(plan: Plan) -> str:
    """Return the fields that leave tiles out."""
    tiling = plan.recipe.tiling
    on = {
        "tiling.roi": tiling.roi is not None,
        "tiling.min_foreground": tiling.min_foreground > 0,
        "tiling.exclude_tiles": bool(tiling.exclude_tiles),
        "annotations.empty_tiles": plan.partners is not None and plan.recipe.annotations.empty_tiles != "keep",
        # A layout may refuse single tiles whatever the recipe says.
        "export.layout": plan.partners is not None,
    }
    return ", ".join(field for field, is_on in on.items() if is_on)


def _summarize(plan: Plan, last: Finished) -> None:
    folder = plan.recipe.export.folder
    parts = [f"{counted(last.tiles, 'tile')} written to {folder}"]
    if last.objects is not None:
        parts.append(counted(last.objects, "object"))
    if last.skipped:
        parts.append(f"{last.skipped} there already")
    if last.left_out:
        parts.append(f"{last.left_out} left out")
    if last.failed:
        parts.append(f"{counted(len(last.failed), 'image')} failed")
    click.echo(" · ".join(parts), file=sys.stdout)
