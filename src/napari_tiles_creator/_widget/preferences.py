"""The page of this plugin in napari's Preferences: what a new dock starts from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_tiles_creator.errors import RecipeError
from napari_tiles_creator.recipe.document import Recipe

PLUGIN = "napari-tiles-creator"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the user prefers; the defaults are those of ``napari.yaml``.

    Parameters
    ----------
    preset : str
        Name of a preset.
    tile_size_px : int
        0 keeps the preset's.
    overlap_px : int
        -1 keeps the preset's.
    target_pixel_size_um : float
        Micrometres per pixel of calibrated tiles.
    remember : bool
        A new dock goes on with the settings of the last one.
    """

    preset: str = "unet"
    tile_size_px: int = 0
    overlap_px: int = -1
    target_pixel_size_um: float = 0.325
    remember: bool = True

    @classmethod
    def read(cls) -> Preferences:
        """Return what Preferences say; the defaults where this napari has no such page."""
        if settings_folder() is None:
            return cls()
        try:
            from napari.settings import get_plugin_settings

            page: Any = get_plugin_settings(PLUGIN)
            start, memory = page.start, page.memory
        except (ImportError, KeyError, AttributeError, ValueError):
            return cls()
        return cls(start.preset, start.tile_size_px, start.overlap_px, start.target_pixel_size_um, memory.remember)

    def recipe(self) -> tuple[Recipe, str]:
        """Return the recipe to start from, and what is wrong with the preferences, empty where nothing is."""
        changes: dict[str, Any] = {"calibration.target_pixel_size_um": self.target_pixel_size_um}
        if self.tile_size_px > 0:
            changes["tiling.size_px"] = self.tile_size_px
        if self.overlap_px >= 0:
            changes["tiling.overlap_px"] = self.overlap_px
        try:
            return Recipe.preset(self.preset, source="", output="").changed(changes), ""
        except RecipeError as error:
            reason = "; ".join(problem.message for problem in error.problems)
            return Recipe.preset("unet", source="", output=""), f"Preferences are not used: {reason}"


def settings_folder() -> Path | None:
    """Return where napari keeps its settings, None where it keeps none."""
    from napari.settings import get_settings

    path = get_settings().config_path
    return Path(path).parent if path else None
