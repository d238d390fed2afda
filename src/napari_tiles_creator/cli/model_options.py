"""Options of the commands that run a model: predict and segment."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from napari_tiles_creator.cli.options import Command


def model_options(command: Command) -> Command:
    """Give a command the options that say which model runs, and what of its result is taken."""
    return reduce(lambda given, option: option(given), reversed(_OPTIONS), command)


def read_class(context: click.Context, parameter: click.Parameter, value: str) -> int | None:
    """Read the number of a class, or ``all``, which is None."""
    if value == "all":
        return None
    if not value.isdecimal():
        raise click.BadParameter(f"{value!r}: write the number of a class, such as 1, or all")
    return int(value)


_OPTIONS = (
    click.option(
        "--model",
        required=True,
        metavar="SPEC",
        help="otsu, li (otsu-dark, li-dark), module:function, an ONNX file, a bioimage.io package, a Hugging Face "
        "folder, a file of torch.",
    ),
    click.option(
        "--class", "wanted", default="1", show_default=True, callback=read_class, help="Class, or all of them."
    ),
    click.option(
        "--threshold", default=0.5, show_default=True, help="Probability above which a pixel is of the class."
    ),
    click.option("--allow-code", is_flag=True, help="Let the model run code of its own: functions, pickled weights."),
    click.option("--batch", type=click.IntRange(1), help="Tiles that the model gets at once; 1 by default."),
)
