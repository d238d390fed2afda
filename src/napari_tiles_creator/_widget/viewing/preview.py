"""The preview: one image, its tiles, and the current tile, kept up to date with the plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from superqt.utils import qthrottled

from napari_tiles_creator._widget.controls.shortcuts import NEXT_KEY, PREVIOUS_KEY, REJECT_KEY
from napari_tiles_creator._widget.viewing.all_tiles import AllTiles, Scene
from napari_tiles_creator._widget.viewing.annotations import AnnotationLayers
from napari_tiles_creator._widget.viewing.current_tile import CurrentTile
from napari_tiles_creator._widget.viewing.exported_tile import ExportedTile, Wanted
from napari_tiles_creator._widget.viewing.foreground import Foreground
from napari_tiles_creator._widget.viewing.keys import Keys
from napari_tiles_creator._widget.viewing.layers import (
    ALL_TILES,
    ANNOTATION_ROLES,
    EXPORTED_TILE,
    PICTURE,
    PREVIEW_ROLES,
)
from napari_tiles_creator._widget.viewing.picking import Picking
from napari_tiles_creator._widget.viewing.picture_layer import PictureLayer
from napari_tiles_creator._widget.viewing.placement import source_points
from napari_tiles_creator._widget.viewing.region import RegionDrawing
from napari_tiles_creator._widget.viewing.sources import layer_of
from napari_tiles_creator._widget.viewing.subject import Subject
from napari_tiles_creator._widget.viewing.tile_states import TileStates
from napari_tiles_creator.engine.pictures.pattern import padded_box

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_tiles_creator._widget.panels.tiles import TilesPanel
    from napari_tiles_creator._widget.viewing.layers import Layers
    from napari_tiles_creator._widget.work.worker import Jobs
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.errors import TilesError


class Preview:
    """What the Tiles panel's controls show in the viewer.

    Parameters
    ----------
    layers : Layers
        Where it is drawn.
    tiles : TilesPanel
        The controls.
    jobs : Jobs
        Where pixels are read.
    failed : callable
        Told when an image cannot be read.
    """

    def __init__(self, layers: Layers, tiles: TilesPanel, jobs: Jobs, failed: Callable[[TilesError], None]) -> None:
        self.is_on = False
        self._is_waiting = False  # for an image to show
        self._layers, self._tiles, self._failed = layers, tiles, failed
        self._plan: Plan | None = None
        self._subject: Subject | None = None
        self._states: TileStates | None = None
        self._picture = PictureLayer(layers, jobs, self._show_tiles, failed)
        self._current = CurrentTile(layers)
        self._all = AllTiles(layers, jobs)
        self._exported = ExportedTile(layers, jobs, self._fail_tile)
        self._drawn = AnnotationLayers(layers, jobs, self._fail_annotations)
        self._foreground = Foreground(jobs, self._show_tiles, self._fail_foreground)
        self._region = RegionDrawing(layers, tiles.region, tiles.preview_button.click)
        self._picking = Picking(layers.viewer, self._pick, self.pause)
        actions = ((PREVIOUS_KEY, tiles.step_back), (NEXT_KEY, tiles.step_on), (REJECT_KEY, tiles.reject_button.click))
        self._keys = Keys(layers.viewer, {key[0]: act for key, act in actions})
        self._zoom = layers.viewer.scene.camera.events.zoom
        # Bound once: a throttled function lives as long as the preview; its timer goes with the panel.
        self._follow_slider = qthrottled(self._show_current, timeout=16, parent=tiles)
        self._follow_zoom = qthrottled(self.set_detail, timeout=100, parent=tiles)
        self._zoom.connect(self._on_zoom)
        tiles.slider.valueChanged.connect(self._follow_slider)
        tiles.show_all.toggled.connect(self._toggle_all)
        tiles.show_tile.toggled.connect(self._toggle_tile)
        tiles.show_annotations.toggled.connect(self._toggle_annotations)
        tiles.image.currentIndexChanged.connect(self.refresh)

    @property
    def states(self) -> TileStates | None:
        """Which tiles of the previewed plane are left out; None before anything is previewed."""
        return self._states

    @property
    def exported_tile(self) -> tuple[Plan, int] | None:
        """The plan and the index of the tile that is shown as it is exported, None where there is none."""
        return self._exported.shown

    def close(self) -> None:
        """Follow the viewer no longer; what is drawn stays."""
        self._leave()
        self._zoom.disconnect(self._on_zoom)
        self._tiles.slider.valueChanged.disconnect(self._follow_slider)
        self._follow_slider.cancel()
        self._follow_zoom.cancel()
        self._region.close()

    def start(self) -> None:
        """Show the chosen image, from now on up to date."""
        self.is_on, self._is_waiting = True, False
        self._picture.forget()
        self._picking.start()
        self._keys.start()
        self.refresh()

    def stop(self) -> None:
        """Take everything away."""
        self.pause()
        self._layers.remove(*PREVIEW_ROLES)

    def pause(self) -> None:
        """Follow nothing any more; what is drawn stays."""
        self._leave()
        self._subject = None
        self._tiles.show_count(0)

    def show_plan(self, plan: Plan | None) -> None:
        """Follow a new plan; without one the last preview stays, with one of no image nothing is shown."""
        self._plan = plan
        if plan is not None and not plan.images:
            waits = self.is_on or self._is_waiting
            if self.is_on:
                self.stop()
            self._is_waiting = waits
        elif plan is not None and self._is_waiting:
            self.start()
        else:
            self.refresh()

    def refresh(self, _: object = None) -> None:
        """Draw what changed."""
        number = self._tiles.image.currentIndex()
        if not self.is_on or self._plan is None or not 0 <= number < len(self._plan.images):
            return
        image = self._plan.images[number]
        if self._subject is not None:  # else with the first picture
            self._tiles.show_count(len(image), self._subject.index_in(image, int(self._tiles.slider.value())))
        self._show_plane(Subject(self._plan, image, self._plane(image), layer_of(self._layers.viewer, image)))

    def removed(self, role: str) -> None:
        """React to the removal of a layer by the user."""
        if role == PICTURE:
            self.stop()
        elif role == ALL_TILES:
            self._tiles.show_all.setChecked(False)
        elif role == EXPORTED_TILE:
            self._tiles.show_tile.setChecked(False)
        elif role in ANNOTATION_ROLES:
            self._tiles.show_annotations.setChecked(False)

    def reread_annotations(self) -> None:
        """Take in anew what is drawn in layers: somebody has painted."""
        self._drawn.forget()

    # ---- which tile ----

    def _plane(self, image: ImagePlan) -> int:
        return min(int(self._tiles.slider.value()) // max(1, len(image.tiling)), len(image.planes) - 1)

    def _pick(self, position: Any) -> bool:
        """Make the tile under a position of the world the current one; tell whether there is any."""
        subject = self._subject
        if subject is None or not len(subject.image):
            return False
        unit = str((self._layers.viewer.layers.units or (subject.source.unit,))[-1])
        point = source_points(self._layers.viewer, subject.tiles, np.array([position[-2:]], float), unit)[0]
        y, x = (float(value) for value in point)
        height, width = subject.image.shape
        if not (0 <= y < height and 0 <= x < width):
            return False
        tile = subject.image.tiling.tile_under(y, x)
        if not tile.box.holds(y, x):
            return False
        self._tiles.slider.setValue(subject.plane * len(subject.image.tiling) + tile.index)
        return True

    # ---- drawing ----

    def _show_plane(self, subject: Subject) -> None:
        """Show a plane, then its tiles."""
        self._subject = subject
        self._picture.show(subject)

    def _show_tiles(self) -> None:
        """Draw the tiles of the plane; nothing where they did not change."""
        if self._subject is None:
            return
        if not self._tiles.slider.isEnabled():
            self._tiles.show_count(len(self._subject.image))
        subject = self._subject
        self._region.show(subject.image, subject.plan.recipe.tiling.roi, subject.source)
        self._states = self._states_of(subject)
        self._toggle_annotations(self._tiles.show_annotations.isChecked())
        self._toggle_all(self._tiles.show_all.isChecked())
        self._show_current()

    def _states_of(self, subject: Subject) -> TileStates:
        shares = self._foreground.shares(subject.plan, subject.image, subject.plane)
        return TileStates.of(subject.image, subject.plane, shares, subject.plan.recipe.tiling.min_foreground)

    def _toggle_all(self, on: bool) -> None:
        subject = self._subject
        if not on:
            self._all.hide()
        elif subject is not None and self._states is not None:
            self._all.show(Scene(subject.pixels, subject.image.tiling, self._states, subject.tiles))

    def _toggle_tile(self, on: bool) -> None:
        if on:
            self._show_current()
        else:
            self._exported.hide()
            self._drawn.hide_tile()

    def _toggle_annotations(self, on: bool) -> None:
        """Draw what is drawn on the image, or not; with the tile's pixels also what an export writes of it."""
        if not on:
            self._drawn.hide()
        elif self._subject is not None:
            self._drawn.show(self._subject)
            self._show_current()

    def _show_current(self, _: object = None) -> None:
        """Show the slider's tile, and the plane that it is on."""
        subject = self._subject
        if subject is None or not len(subject.image) or self._states is None:
            return
        index = min(self._tiles.slider.value(), len(subject.image) - 1)
        plane, place_number = divmod(index, len(subject.image.tiling))
        if plane != subject.plane:
            self._show_plane(replace(subject, plane=plane))
            return
        planned = subject.image[index]
        self._current.show(padded_box(planned.tile), subject.tiles)
        self._tiles.show_current(planned.name, self._states.told(place_number))
        if self._tiles.show_tile.isChecked():
            self._exported.show(
                Wanted(subject.plan, subject.image, index, subject.tiles, self._picture.contrast(subject))
            )
            if self._tiles.show_annotations.isChecked():
                self._drawn.show_tile(subject, index)

    def _fail_foreground(self, error: TilesError) -> None:
        if self._states is not None:
            self._states = replace(self._states, is_unknown=True)
            self._show_current()
        self._failed(error)

    def _fail_tile(self, error: TilesError) -> None:
        self._tiles.show_tile.setChecked(False)
        self._failed(error)

    def _fail_annotations(self, error: TilesError) -> None:
        self._tiles.show_annotations.setChecked(False)
        self._failed(error)

    def _leave(self) -> None:
        """Follow nothing any more, and give back what is the viewer's."""
        self.is_on = self._is_waiting = False
        for part in (
            self._picture.forget,
            self._foreground.forget,
            self._all.leave,
            self._exported.leave,
            self._drawn.leave,
            self._region.leave,
        ):
            part()
        self._picking.stop()
        self._keys.stop()

    # ---- zoom ----

    def _on_zoom(self, event: object = None) -> None:
        if self.is_on:
            self._follow_zoom()

    def set_detail(self) -> None:
        """Keep lines as wide on the screen as they were: thinner than a pixel they would alias into false tiles."""
        if self._subject is not None:
            for part in (self._all, self._current, self._region, self._drawn):
                part.follow_zoom()
