"""The command ``tiles-creator``: thin words around the engine."""

from __future__ import annotations

import errno
import io
import logging
import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn

import click

from napari_tiles_creator import __version__
from napari_tiles_creator.cli.convert import convert
from napari_tiles_creator.cli.coverage import coverage
from napari_tiles_creator.cli.dataset import empty, verify
from napari_tiles_creator.cli.export import export
from napari_tiles_creator.cli.look import mosaic, plan, preview, scan
from napari_tiles_creator.cli.merge import merge
from napari_tiles_creator.cli.predict import predict
from napari_tiles_creator.cli.segment import segment
from napari_tiles_creator.cli.start import recipe, sample
from napari_tiles_creator.errors import TilesError

NOTHING_DONE, INTERRUPTED = 2, 130


# \b keeps click from joining the lines.
TOUR = """\b
A first tour:
  tiles-creator sample samples                              sample images to play with
  tiles-creator scan samples/images                         what is in a folder
  tiles-creator export samples/images tiles --preset unet   cut it
  tiles-creator verify tiles                                check what was written
"""


class _InOrder(click.Group):
    """Lists its commands in the order of a day's work."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands as they were added."""
        return list(self.commands)


@click.group(
    cls=_InOrder, epilog=TOUR, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="tiles-creator")
def tiles_creator() -> None:
    """From a folder of microscopy images to tiles ready to retrain a UNet or a YOLO."""


for command in (
    sample, scan, mosaic, recipe, plan, preview, export, verify, predict, merge, segment, empty, convert, coverage,
):  # fmt: skip
    tiles_creator.add_command(command)


def _interrupt(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit; every expected error is one sentence on standard error."""
    # tifffile logs recoverable oddities of foreign files; what matters reaches the user as an error of ours.
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal or pipe that cannot show × or µ shows a ? instead
    with suppress(ValueError):  # not in the main thread
        # What a batch queue sends: end as on Ctrl-C, with nothing half done left behind.
        signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = tiles_creator.main(arguments, prog_name="tiles-creator", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(NOTHING_DONE)
    except TilesError as error:
        click.echo(f"error: {error}{f' ({error.hint})' if error.hint else ''}", err=True)
        sys.exit(NOTHING_DONE)
    except OSError as error:
        with suppress(OSError, ValueError):  # where output goes may be full or closed: what is left of it is dropped
            if error.errno in (errno.ENOSPC, errno.EPIPE):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            place = f"{error.filename}: " if error.filename else ""
            click.echo(f"error: {place}{error.strerror or error}", err=True)
        sys.exit(NOTHING_DONE)
    except MemoryError:
        click.echo("error: not enough memory: lower --memory or --workers, or cut smaller tiles", err=True)
        sys.exit(NOTHING_DONE)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        sys.exit(INTERRUPTED)
    sys.exit(code or 0)
