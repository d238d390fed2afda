"""The command convert: an image into a format that is read by rectangle at any size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from napari_tiles_creator.cli.options import json_option, memory_option, workers_option
from napari_tiles_creator.cli.progress import shown_result
from napari_tiles_creator.cli.show import bytes_text, counted, print_json


@click.command()
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@click.option("--no-pyramid", is_flag=True, help="Write the full size only.")
@click.option("--labels", is_flag=True, help="Masks or labels: smaller levels take the nearest pixel, no mean.")
@click.option("--compression", metavar="NAME", help="TIFF: zlib (default), zstd, lzw, none. Zarr: zstd, zlib, none.")
@click.option("--axes", metavar="ZYX", help="What the axes are, where the file does not tell.")
@click.option("--series", default=0, type=click.IntRange(0), help="Which image of a file that holds several.")
@workers_option
@memory_option
@json_option
def convert(
    source: str,
    target: str,
    no_pyramid: bool,
    labels: bool,
    compression: str | None,
    axes: str | None,
    series: int,
    workers: int | None,
    memory: int,
    as_json: bool,
) -> int:
    """Write the image IN as tiled BigTIFF (OUT.tif) or OME-Zarr (OUT.zarr), with a pyramid.

    All planes and channels, pixel size and names are kept; memory stays bounded. OUT.rle holds a mask as run lengths.
    """
    from napari_tiles_creator.engine.convert.convert import convert_steps
    from napari_tiles_creator.engine.convert.request import Request
    from napari_tiles_creator.recipe.document import Recipe

    changes: dict[str, Any] = {"media.series": series} | ({"media.axes": axes} if axes else {})
    request = Request(
        source,
        Path(target),
        Recipe().changed(changes).media,
        pyramid=not no_pyramid,
        labels=labels,
        compression=compression,
        workers=workers,
        memory_bytes=memory,
    )
    converted = shown_result(convert_steps(request), "converting", quiet=as_json)
    if as_json:
        print_json(converted.to_dict())
        return 0
    height, width = converted.levels[0]
    size = f" · {converted.info.pixel_size} µm per px" if converted.info.pixel_size else ""
    click.echo(
        f"{target}: {converted.info.axes}, {height} × {width} px, {converted.info.dtype.name}{size} · "
        f"{counted(len(converted.levels), 'level')} · {bytes_text(converted.bytes)}"
    )
    return 0
