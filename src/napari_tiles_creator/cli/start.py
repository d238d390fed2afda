"""Commands to begin with: a recipe to edit, sample images to play with."""

from __future__ import annotations

from pathlib import Path

import click

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
def sample(folder: str, seed: int) -> int:
    """Write sample images to FOLDER: synthetic microglia with their masks, and two real images."""
    from napari_tiles_creator.engine.samples.bundled import write_samples

    paths = write_samples(Path(folder), seed=seed)
    click.echo(f"{counted(len(paths), 'file')} in {folder}")
    return 0
