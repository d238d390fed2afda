"""A bar on standard error that tells how much of an image is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from napari_tiles_creator.cli.show import warn

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_tiles_creator.engine.steps import Progress, Warned

T = TypeVar("T")


def shown_result(steps: Generator[Warned | Progress, None, T], action: str, quiet: bool) -> T:
    """Take all steps; return what they come to.

    Parameters
    ----------
    steps : generator
        Warnings are printed on standard error; a bar there follows the progress, on a terminal only.
    action : str
        What is done, such as ``measuring``.
    quiet : bool
        Whether there is no bar.
    """
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from napari_tiles_creator.engine.steps import Warned

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Bar(*columns, console=console, disable=quiet or not console.is_terminal, transient=True) as bar:
        task = bar.add_task(action, total=None, rate="")
        try:
            while True:
                step = next(steps)
                if isinstance(step, Warned):
                    warn(step.message)
                    continue
                speed = bar.tasks[0].speed
                rate = f"{speed / 1e6:.0f} Mpx/s" if speed else ""
                bar.update(task, completed=step.done_px, total=step.total_px, rate=rate)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            steps.close()  # what is under way ends before an interruption is told
