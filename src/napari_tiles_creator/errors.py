"""What can go wrong, told in one sentence to the person who can mend it.

Every message names the file or the field, the value that was met, and what to do.
None of these is a RuntimeError: GUI workers swallow those.
"""

from __future__ import annotations

from dataclasses import dataclass


class TilesError(Exception):
    """Base of everything this package raises on purpose.

    Parameters
    ----------
    message : str
        One sentence: the file or field, the value that was met, what to do.
    field : str, optional
        Dotted name of the recipe's field that can mend it, such as ``"export.folder"``.
    hint : str, optional
        What the command line offers besides; no part of the message, because a window has buttons for it.
    """

    def __init__(self, message: str = "", field: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.field, self.hint = field, hint


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One wrong field of a recipe.

    Parameters
    ----------
    field : str
        Dotted name, ``"tiling.overlap_px"``; the part before the dot is the section and the panel.
        A bare section name where the whole section is meant, empty for the whole recipe.
    message : str
        The value that was met and what is allowed.
    """

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class RecipeError(TilesError, ValueError):
    """The recipe asks for something that does not exist or does not fit together."""

    def __init__(self, *problems: FieldProblem) -> None:
        self.problems = problems
        super().__init__("; ".join(str(problem) for problem in problems), problems[0].field if problems else "")

    @classmethod
    def of(cls, field: str, message: str) -> RecipeError:
        """Return the error for one field."""
        return cls(FieldProblem(field, message))


class SourceError(TilesError, OSError):
    """A source cannot be read."""


class UnclearAxesError(SourceError):
    """A source does not tell what its axes are: the user must."""


class AnnotationError(TilesError, ValueError):
    """What is drawn on an image cannot be read, or does not fit the image."""


class PlanError(TilesError, ValueError):
    """The recipe is valid but cannot be carried out on these sources."""


class ExportError(TilesError, OSError):
    """The export folder cannot be used, or writing to it failed."""


class DatasetError(TilesError, ValueError):
    """A folder is not a dataset that this package wrote, or its manifest is damaged."""


class ModelError(TilesError, ValueError):
    """A model cannot be loaded, cannot take the tiles, or fails on them."""


class CodeError(ModelError):
    """A model can run code of its own, and nobody allowed it to.

    Parameters
    ----------
    what : str
        What would be run, without what to do: a command line has an option for it, a window a box to tick.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"{what}: add --allow-code (allow code) if you trust where it comes from")


def named(error: Exception, name: str) -> str:
    """Return what an error says, behind the name of what it is about where it does not tell that itself."""
    return str(error) if name in str(error) else f"{name}: {error}"
