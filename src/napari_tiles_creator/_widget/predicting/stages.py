"""Work in stages, each with a name that people see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator

STEPS = 1000


@dataclass(frozen=True, slots=True)
class Stage:
    """What is done now, and how far it is; without a total that is not known."""

    name: str
    done: int = 0
    total: int = 0


def staged(name: str, steps: Generator[Any, None, Any], notes: list[str]) -> Generator[Stage, None, Any]:
    """Take steps of the engine's as a stage.

    Parameters
    ----------
    name : str
        Of the stage.
    steps : generator
        Yields `Warned`, `Progress`, a share 0…1, or anything as a pause.
    notes : list of str
        Takes what is warned of.

    Returns
    -------
    result : object
        What the steps return.
    """
    from napari_tiles_creator.engine.steps import Progress, Warned

    stage = Stage(name)
    yield stage
    try:
        while True:
            step = next(steps)
            if isinstance(step, Warned):
                notes.append(step.message)
            elif isinstance(step, Progress) and step.total_px:
                # A bar counts no further than 2³¹, and pixels are many.
                stage = Stage(name, round(STEPS * step.done_px / step.total_px), STEPS)
            elif isinstance(step, float):
                stage = Stage(name, round(STEPS * step), STEPS)
            yield stage
    except StopIteration as end:
        return end.value
    finally:
        steps.close()
