"""What is wrong with settings of Predict & merge, told beside the field that mends it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from napari_tiles_creator.errors import CodeError, ExportError, ModelError, RecipeError, TilesError

if TYPE_CHECKING:
    from napari_tiles_creator._widget.prediction import Prediction

# What users of the command line are told, and what is said here.
WORDS = {
    "use --kind values": "choose Values",
    "use --kind classes": "choose Classes",
    "use --kind labels": "choose Objects",
    "; choose one with --class": "; choose one",
    "--class": "class",
    "--threshold": "threshold",
}
# What must be there for each model, and what is said where it is not.
WANTED = {
    "file": ("path", "choose a model: a file or a folder"),
    "function": ("function", "name a function, such as my_package.segmenting:segment"),
    "results": ("results", "choose the folder of the results"),
}


def check(asked: Prediction) -> None:
    """Say what is missing; RecipeError names the field."""
    field, missing = WANTED.get(asked.model, ("", ""))
    if not field:
        return
    given = getattr(asked, field)
    if not given:
        raise RecipeError.of(f"predict.{field}", missing)
    if asked.model != "function" and not Path(given).exists():
        raise RecipeError.of(f"predict.{field}", f"{given} is not there: {missing}")


def worded(message: str) -> str:
    """Return what the engine says with this window's words for the options of the command line."""
    for option, word in WORDS.items():
        message = message.replace(option, word)
    # The folder is chosen already, in a field.
    return re.sub(r"(, or)? name [\w ]+ with --tiles", "", message).replace(" with --tiles", "")


def placed(error: TilesError, asked: Prediction) -> TilesError:
    """Return an error of the engine's with the field of the panel that it is about."""
    if isinstance(error, CodeError):
        return RecipeError.of("predict.allow_code", f"{error.what}: tick the box if you trust where it comes from")
    message = worded(str(error))
    model = {"file": "path", "function": "function", "results": "results"}.get(asked.model, "model")
    of = "layer" if asked.of == "layer" else "dataset"
    if asked.is_of_results and asked.results in message:
        of = "results"
    if isinstance(error, RecipeError) or (error.field and not error.field.startswith("media.")):
        return error
    field = model if isinstance(error, ModelError) else "folder" if isinstance(error, ExportError) else of
    return RecipeError.of(f"predict.{field}", message)
