"""From the recipe to the plan: headers are read when the media change, the plan is made anew at every change."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from napari_tiles_creator._widget.work.worker import once
from napari_tiles_creator.errors import TilesError
from napari_tiles_creator.recipe.media import OPEN_LAYERS
from napari_tiles_creator.sources.folder import left_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from napari_tiles_creator._widget.panels.media import MediaPanel
    from napari_tiles_creator._widget.work.drawn import Drawn
    from napari_tiles_creator._widget.work.worker import Ending, Jobs
    from napari_tiles_creator.engine.export.target import TargetState
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.engine.planning.scan import Scanned
    from napari_tiles_creator.recipe.document import Recipe
    from napari_tiles_creator.recipe.media import Media


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a recipe.

    Parameters
    ----------
    plan : Plan or None
        None where there is none.
    error : TilesError or None
        Why there is none.
    target_error : TilesError or None
        Why the plan cannot be exported to the folder.
    target : TargetState or None
        What stands in the folder, None where there is none or it cannot be used.
    free_bytes : int or None
        Free on the folder's disk, None where that is not known.
    splits : mapping of str to int
        Tiles of each split, in their order; empty without a split.
    """

    plan: Plan | None = None
    error: TilesError | None = None
    target_error: TilesError | None = None
    target: TargetState | None = None
    free_bytes: int | None = None
    splits: Mapping[str, int] = field(default_factory=dict)


class Planning:
    """The latest plan; older requests are forgotten when a new one comes.

    Parameters
    ----------
    jobs : Jobs
        Where the work is done.
    media : MediaPanel
        Shows what a scan finds.
    done : callable
        Gets each `Outcome`.
    scan_layers : callable
        Returns the headers of the layers that are open, where these are meant; called in the main thread.
    read_drawn : callable
        Returns what is drawn on images in layers, where these are meant; called in the main thread.
    """

    def __init__(
        self,
        jobs: Jobs,
        media: MediaPanel,
        done: Callable[[Outcome], None],
        scan_layers: Callable[[Media], list[Scanned]],
        read_drawn: Callable[[Recipe, list[Scanned]], Drawn],
    ) -> None:
        self._jobs, self._media, self._done, self._scan_layers = jobs, media, done, scan_layers
        self._read_drawn = read_drawn
        self._recipe: Recipe | None = None
        self._scanned_media: Media | None = None
        self._scanned: list[Scanned] | None = None

    def request(self, recipe: Recipe) -> None:
        """Make a plan of this recipe."""
        self._recipe = recipe
        media = with_all(recipe.media)
        if media != self._scanned_media:
            self._scanned_media, self._scanned = media, None
            self._jobs.drop("plan")
            self._media.start_scan()
            if media.folder == OPEN_LAYERS:
                self._take_layers(media)
                return
            self._jobs.start("scan", partial(_scan, media), self._end_scan, self._media.add_sources)
        elif not self._jobs.is_running("scan"):
            self._make_plan()

    def _take_layers(self, media: Media) -> None:
        self._jobs.drop("scan")
        try:
            self._scanned = self._scan_layers(media)
        except TilesError as error:
            self._scanned_media = None
            self._done(Outcome(error=error))
            return
        self._media.add_sources(self._scanned)
        self._media.end_scan()
        self._make_plan()

    def forget(self) -> None:
        """Give up what is under way, and the headers."""
        self._jobs.drop("scan")
        self._jobs.drop("plan")
        self._scanned_media = self._scanned = self._recipe = None

    def scanned(self, media: Media) -> list[Scanned] | None:
        """Return the headers of these media, None where they were not read yet."""
        if self._scanned is None or with_all(media) != self._scanned_media:
            return None
        return kept(media, self._scanned)

    def material(self, recipe: Recipe) -> tuple[list[Scanned] | None, Drawn]:
        """Return what a plan is made of, as far as it was read: headers, and what is drawn in layers.

        Raises
        ------
        TilesError
            If layers are meant and none fits.
        """
        scanned = self.scanned(recipe.media)
        return scanned, self._read_drawn(recipe, scanned or [])

    def _end_scan(self, ending: Ending) -> None:
        if ending.error is not None:
            self._scanned_media = None
            self._done(Outcome(error=ending.error))
        elif not ending.cancelled:
            self._scanned = ending.result
            self._media.end_scan()
            self._make_plan()

    def _make_plan(self) -> None:
        if self._recipe is None or self._scanned is None:
            return
        try:
            drawn = self._read_drawn(self._recipe, kept(self._recipe.media, self._scanned))
        except TilesError as error:
            self._jobs.drop("plan")
            self._done(Outcome(error=error))
            return
        self._jobs.start("plan", once(partial(_resolve, self._recipe, self._scanned, drawn)), self._end_plan)

    def _end_plan(self, ending: Ending) -> None:
        if ending.result is not None:
            outcome, names = ending.result
            self._media.show_kept(names)
            self._done(outcome)
        elif ending.error is not None:
            self._done(Outcome(error=ending.error))


def with_all(media: Media) -> Media:
    """Return the media without what is left out: their headers are shown, too."""
    return media.model_copy(update={"exclude": ()})


def kept(media: Media, scanned: list[Scanned]) -> list[Scanned]:
    """Return what is not left out."""
    if not media.exclude:
        return scanned
    out = left_out([item.found.name for item in scanned], media.exclude)
    return [item for item in scanned if item.found.name not in out]


def _scan(media: Media) -> Any:
    """Read headers, in the thread; every one is told."""
    from napari_tiles_creator.engine.planning.scan import scan

    found = []
    for item in scan(media):
        found.append(item)
        yield item
    return found


def _resolve(recipe: Recipe, scanned: list[Scanned], drawn: Drawn) -> tuple[Outcome, set[str]]:
    """Make the plan, in the thread; also return the names that take part."""
    from napari_tiles_creator.engine.export.estimate import free_bytes
    from napari_tiles_creator.engine.export.target import target_state
    from napari_tiles_creator.engine.planning.plan import make_plan

    chosen = kept(recipe.media, scanned)
    names = {item.found.name for item in chosen}
    try:
        plan = make_plan(recipe, chosen, given=drawn.given, drawn=drawn.drawn)
    except TilesError as error:
        return Outcome(error=error), names
    _ = plan.bytes  # counted here, remembered by the images
    splits = plan.tiles_by_split
    if not recipe.export.folder:
        return Outcome(plan, splits=splits), names
    free = free_bytes(recipe.export.folder)
    try:
        target = target_state(plan)
    except TilesError as error:
        return Outcome(plan, target_error=error, free_bytes=free, splits=splits), names
    return Outcome(plan, target_error=target.error, target=target, free_bytes=free, splits=splits), names
