"""Commands to begin with: a recipe to edit, sample images to play with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from napari_tiles_creator.cli.options import read_size
from napari_tiles_creator.cli.show import counted


@click.command()
@click.option("--preset", default="unet", show_default=True, metavar="NAME", help="unet, yolo, axons or imgsplit.")
def recipe(preset: str) -> int:
    """Print a recipe (YAML) to save, edit and use with --recipe."""
    from napari_tiles_creator.recipe.document import Recipe

    click.echo(Recipe.preset(preset).to_yaml(), nl=False)
    return 0


@click.command()
@click.argument("folder")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed of the synthetic images.")
@click.option("--synthetic", is_flag=True, help="Write a pair of large masks instead: body and dye, 0 or 255 (uint8).")
@click.option("--size", callback=read_size, metavar="PX", help="Of the pair: 100000, or 80000x100000 (height x width).")
@click.option("--format", "file_format", type=click.Choice(["tif", "h5"]), help="Of the pair: tiled TIFF, or HDF5.")
@click.option(
    "--case",
    type=click.Choice(["positive", "negative"]),
    help="Of the pair: whether the dye covers more than a tenth of the body.",
)
def sample(folder: str, seed: int, synthetic: bool, **of_pair: Any) -> int:
    """Write sample images to FOLDER: synthetic microglia with their masks, and two real images."""
    given = {name: value for name, value in of_pair.items() if value is not None}
    if synthetic:
        from napari_tiles_creator.engine.samples.pair import write_pair

        size = given.pop("size", 100_000)
        paths = write_pair(Path(folder), size_px=size if isinstance(size, int) else tuple(size), seed=seed, **given)
    elif given:
        flags = ", ".join(f"--{name.removeprefix('file_')}" for name in given)
        raise click.UsageError(f"{flags}: for the large pair alone; add --synthetic")
    else:
        from napari_tiles_creator.engine.samples.bundled import write_samples

        paths = write_samples(Path(folder), seed=seed)
    click.echo(f"{counted(len(paths), 'file')} in {folder}")
    return 0
