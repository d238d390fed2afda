"""What the dock remembers between sessions, in a file beside napari's settings."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from napari_tiles_creator._widget.prediction import Prediction
from napari_tiles_creator._widget.preferences import PLUGIN, settings_folder
from napari_tiles_creator.errors import RecipeError
from napari_tiles_creator.recipe.document import Recipe
from napari_tiles_creator.recipe.media import OPEN_LAYERS

# Exports whose images are remembered.
MOST_DATASETS = 50
# What nobody needs to see at first.
FOLDED = ("annotations", "predict")
# Share of a new export in the rate: a slow disk is noticed, one odd export forgotten.
NEWEST_SHARE = 0.5


@dataclass
class Memory:
    """What is remembered; nothing is written where napari keeps no settings, as in tests.

    Parameters
    ----------
    path : Path or None
        The file.
    recipe : dict
        The last recipe, folders included; empty where there is none.
    prediction : dict
        The last settings of Predict & merge.
    folded : list of str
        Panels that are folded away.
    rate : float or None
        Work of exports per second; see `engine.export.estimate`.
    datasets : dict
        Folder of images by export folder, the latest last.
    """

    path: Path | None
    recipe: dict[str, Any] = field(default_factory=dict)
    prediction: dict[str, Any] = field(default_factory=dict)
    folded: list[str] = field(default_factory=lambda: list(FOLDED))
    rate: float | None = None
    datasets: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls) -> Memory:
        """Return what the last session left; nothing where it cannot be read."""
        folder = settings_folder()
        path = folder / f"{PLUGIN}.memory.yaml" if folder else None
        content: object = None
        if path is not None:
            with suppress(OSError, UnicodeDecodeError, yaml.YAMLError):
                content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            return cls(path)
        rate, datasets, folded = content.get("rate"), content.get("datasets"), content.get("folded")
        return cls(
            path,
            recipe=_dict(content.get("recipe")),
            prediction=_dict(content.get("prediction")),
            folded=[str(name) for name in folded] if isinstance(folded, list) else list(FOLDED),
            rate=float(rate) if isinstance(rate, (int, float)) and rate > 0 else None,
            datasets={str(k): str(v) for k, v in datasets.items()} if isinstance(datasets, dict) else {},
        )

    def save(self) -> None:
        """Write it, whole or not at all; a memory that cannot be written is no reason to disturb anybody."""
        if self.path is None:
            return
        content = {
            "recipe": self.recipe,
            "prediction": self.prediction,
            "folded": self.folded,
            "rate": self.rate,
            "datasets": self.datasets,
        }
        staged = self.path.with_name(f"{self.path.name}.{os.getpid()}.part")
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            staged.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
            os.replace(staged, self.path)

    def last_recipe(self) -> Recipe | None:
        """Return the last recipe without places that have gone since; None where there is none, or an old one."""
        if not self.recipe:
            return None
        try:
            recipe = Recipe.of(self.recipe)
        except RecipeError:
            return None
        # A path may name an array in its file: images.h5#/raw.
        images = (Path(recipe.media.folder), Path(recipe.media.folder.partition("#")[0]))
        tiles = Path(recipe.export.folder)
        gone: dict[str, Any] = {}
        for name, place in recipe.places.items():
            if name.startswith("annotations.") and (place == OPEN_LAYERS or not Path(place).exists()):
                gone[name] = None
        if recipe.media.folder and (recipe.media.folder == OPEN_LAYERS or not any(path.exists() for path in images)):
            gone["media.folder"] = ""
        if recipe.export.folder and not (tiles.exists() or tiles.absolute().parent.exists()):
            gone["export.folder"] = ""
        return recipe.changed(gone) if gone else recipe

    def last_prediction(self) -> Prediction | None:
        """Return the last settings of Predict & merge, None where there are none, or old ones."""
        try:
            return Prediction.model_validate(self.prediction) if self.prediction else None
        except ValidationError:
            return None

    def take_state(self, recipe: Recipe | None, prediction: Prediction | None, folded: list[str]) -> None:
        """Remember what a dock shows; no recipe forgets the last one."""
        self._reload()
        self.recipe = recipe.to_dict() if recipe is not None else {}
        # That a model may run code is asked anew each time.
        self.prediction = prediction.model_dump(exclude={"allow_code"}) if prediction is not None else {}
        self.folded = folded
        self.save()

    def take_rate(self, rate: float) -> None:
        """Take the rate of an export that has just ended into account."""
        self._reload()
        self.rate = rate if self.rate is None else (1 - NEWEST_SHARE) * self.rate + NEWEST_SHARE * rate
        self.save()

    def take_dataset(self, folder: str, media: str) -> None:
        """Remember which images an export was made from."""
        self._reload()
        key = str(Path(folder).absolute())
        self.datasets.pop(key, None)
        self.datasets[key] = media if media == OPEN_LAYERS else str(Path(media).absolute())
        for old in list(self.datasets)[:-MOST_DATASETS]:
            del self.datasets[old]
        self.save()

    def _reload(self) -> None:
        """Take over what another dock has written meanwhile."""
        if self.path is not None and self.path.exists():
            found = Memory.load()
            self.recipe, self.prediction, self.folded = found.recipe, found.prediction, found.folded
            self.rate, self.datasets = found.rate, found.datasets


def _dict(content: object) -> dict[str, Any]:
    return content if isinstance(content, dict) else {}
