"""How results are told: JSON lines for programs, tables and sentences for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

WIDE = 240


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on a line of its own."""
    click.echo(json.dumps(value, ensure_ascii=False))


def warn(message: str) -> None:
    """Print a warning on standard error."""
    click.echo(f"warning: {message}", err=True)


def complain(message: str) -> None:
    """Print what failed, while the rest goes on, on standard error."""
    click.echo(f"failed: {message}", err=True)


def print_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print a table on standard output; columns that begin with ``#`` hold numbers."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        justify: Literal["right", "left"] = "right" if column.startswith("#") else "left"
        table.add_column(column.removeprefix("#"), justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console()
    # A file or a pipe has no width: nothing is wrapped there.
    (console if console.is_terminal else Console(width=WIDE)).print(table)


def bytes_text(size: int) -> str:
    """Return a size in the largest unit that leaves a number above 1: ``1.5 GB``."""
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"


def counted(number: int, thing: str) -> str:
    """Return ``1 tile`` or ``1 452 tiles``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}".replace(",", " ")
