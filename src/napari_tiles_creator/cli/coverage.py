"""The command coverage: what share of one mask another covers."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from napari_tiles_creator.cli.options import json_option, memory_option, read_size, workers_option
from napari_tiles_creator.cli.picture import check_picture, save_picture
from napari_tiles_creator.cli.progress import shown_result
from napari_tiles_creator.cli.show import counted, print_json, print_table

if TYPE_CHECKING:
    from napari_tiles_creator.engine.coverage.coverage import Coverage

PLANE = re.compile(r"(z|t|channel)=(.+)")
OUTLINE_PX = 1000


def _plane(context: click.Context, parameter: click.Parameter, value: str | None) -> dict[str, int | str]:
    """Read ``z=3,channel=DAPI``."""
    plane: dict[str, int | str] = {}
    for part in value.split(",") if value else ():
        match = PLANE.fullmatch(part.strip())
        if not match or (match[1] != "channel" and not match[2].isdecimal()):
            raise click.BadParameter(f"{value!r}: write z=3, t=0 or channel=1, or several with commas between")
        plane[match[1]] = int(match[2]) if match[2].isdecimal() else match[2]
    return plane


def _share(context: click.Context, parameter: click.Parameter, value: float) -> float:
    if not math.isfinite(value) or not 0 <= value <= 1:
        raise click.BadParameter(f"{value:g}: write a share from 0 to 1, such as 0.1 for 10 %")
    return value


@click.command()
@click.argument("body")
@click.argument("signal")
@click.option("--threshold", default=0.1, show_default=True, callback=_share, help="Positive from this share on.")
@click.option("--invert-body", is_flag=True, help="Zero is inside of the body, rather than all else.")
@click.option("--invert-signal", is_flag=True, help="Zero is signal, rather than all else.")
@click.option("--body-plane", callback=_plane, metavar="z=0,…", help="Plane of a stack: z=0, t=0, channel=0 or a name.")
@click.option("--signal-plane", callback=_plane, metavar="z=0,…", help="The same for SIGNAL.")
@click.option("--tiles", metavar="OUT.csv", help="Write the coverage of every tile.")
@click.option("--picture", metavar="OUT.png", help="Draw the coverage of every tile.")
@click.option(
    "--size", default="512", show_default=True, callback=read_size, metavar="PX", help="Tile size: 512, or 512x256."
)
@workers_option
@memory_option
@json_option
def coverage(
    body: str,
    signal: str,
    threshold: float,
    invert_body: bool,
    invert_signal: bool,
    body_plane: dict[str, int | str],
    signal_plane: dict[str, int | str],
    tiles: str | None,
    picture: str | None,
    size: int | list[int],
    workers: int | None,
    memory: int,
    as_json: bool,
) -> int:
    """Measure what share of BODY the SIGNAL covers: two masks of one size, in any formats.

    All that is not zero is inside. Signal outside of the body is counted, but covers nothing.
    """
    from napari_tiles_creator.engine.coverage.measure import Request, coverage_steps
    from napari_tiles_creator.engine.coverage.pair import MaskFile
    from napari_tiles_creator.engine.coverage.table import check_table, write_table

    height, width = (size, size) if isinstance(size, int) else size
    if not height or not width:
        raise click.UsageError("--size: a tile has at least 1 pixel")
    # Better told now than after a long measurement.
    if tiles:
        check_table(Path(tiles))
    if picture:
        check_picture(picture)
    request = Request(
        MaskFile("body", body, invert_body, body_plane),
        MaskFile("signal", signal, invert_signal, signal_plane),
        threshold,
        (height, width),
        OUTLINE_PX if picture else 0,
        workers,
        memory,
    )
    measured = shown_result(coverage_steps(request), "measuring", quiet=as_json)
    if tiles:
        write_table(Path(tiles), measured)
    if picture:
        from napari_tiles_creator.engine.coverage.heat_map import heat_map

        save_picture(picture, heat_map(measured, f"{Path(signal).name} in {Path(body).name}"))
    if as_json:
        print_json(measured.to_dict())
    else:
        _tell(measured, tiles, picture)
    return 0


def _tell(coverage: Coverage, tiles: str | None, picture: str | None) -> None:
    from napari_tiles_creator.engine.coverage.words import area_text, verdict

    areas = ["#area"] if coverage.pixel_size else []
    rows = [("body", coverage.body_px), ("signal", coverage.signal_px), ("signal in the body", coverage.inside_px)]
    print_table(
        ["mask", "#pixels", *areas],
        [[name, f"{px:,}".replace(",", " "), *([area_text(px, coverage)] if areas else [])] for name, px in rows],
    )
    click.echo(verdict(coverage))
    if tiles:
        click.echo(f"{counted(coverage.body.size, 'tile')} in {tiles}")
    if picture:
        click.echo(f"drawn in {picture}")
