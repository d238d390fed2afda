"""A recipe resolved against real headers: which tiles there will be, before any pixel is read."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.datasets.registry import make_layout
from napari_tiles_creator.engine.names import placeholders, tile_name
from napari_tiles_creator.engine.scan import scan
from napari_tiles_creator.errors import PlanError
from napari_tiles_creator.geometry.grid import TileGrid, pair
from napari_tiles_creator.geometry.pixel_size import PixelSize, reduced_length, scaled_length
from napari_tiles_creator.geometry.scatter import TileScatter, scatter
from napari_tiles_creator.sinks.registry import make_sink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from napari_tiles_creator.datasets.base import Layout
    from napari_tiles_creator.engine.scan import Scanned
    from napari_tiles_creator.geometry.tile import Tile
    from napari_tiles_creator.recipe.document import Recipe
    from napari_tiles_creator.recipe.tiling import Tiling
    from napari_tiles_creator.sinks.base import Sink
    from napari_tiles_creator.sources.base import SourceInfo


@dataclass(frozen=True, slots=True)
class Plane:
    """One plane of a source: positions on T and Z, None where the source has no such axis."""

    t: int | None = None
    z: int | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that gives no tiles, and why."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlannedTile:
    """One tile of one image.

    Parameters
    ----------
    index : int
        Number among all tiles of its source, over planes and then places.
    plane : Plane
        The plane it is cut from.
    tile : Tile
        Where it lies in the calibrated plane.
    name : str
        Its file's name, without extension.
    """

    index: int
    plane: Plane
    tile: Tile
    name: str


@dataclass(frozen=True)
class ImagePlan:
    """What one source will give.

    Parameters
    ----------
    name : str
        Path relative to the media folder.
    stem : str
        What its tiles are called.
    size_bytes : int
        Size of the file.
    info : SourceInfo
        Its header.
    pixel_size : PixelSize or None
        Of the source, µm; the recipe's where it overrides the file's.
    shape : tuple of int
        ``(height, width)`` of a calibrated plane, px.
    planes : tuple of Plane
        The planes to cut, slowest axis first.
    channel : int or None
        The one channel to keep, None for all.
    axes : str
        Axes of a tile: ``YX``, ``CYX`` or ``YXS``.
    dtype : str
        Type of the tiles.
    tiling : TileGrid or TileScatter
        The places of the tiles in every plane.
    name_template : str
        The recipe's ``export.name``.
    """

    name: str
    stem: str
    size_bytes: int
    info: SourceInfo
    pixel_size: PixelSize | None
    shape: tuple[int, int]
    planes: tuple[Plane, ...]
    channel: int | None
    axes: str
    dtype: str
    tiling: TileGrid | TileScatter
    name_template: str

    def __len__(self) -> int:
        return len(self.planes) * len(self.tiling)

    def __getitem__(self, index: int) -> PlannedTile:
        if not 0 <= index < len(self):
            raise IndexError(f"tile {index} of {len(self)}")
        plane, position = divmod(index, len(self.tiling))
        return self._planned(index, self.planes[plane], self.tiling[position])

    def __iter__(self) -> Iterator[PlannedTile]:
        return (self[index] for index in range(len(self)))

    def in_plane(self, plane_number: int, tile: Tile) -> PlannedTile:
        """Return the tile at this place of a plane."""
        index = plane_number * len(self.tiling) + tile.index
        return self._planned(index, self.planes[plane_number], tile)

    def _planned(self, index: int, plane: Plane, tile: Tile) -> PlannedTile:
        name = tile_name(self.name_template, self.stem, index, tile, plane.z, plane.t, self.channel)
        return PlannedTile(index, plane, tile, name)

    @property
    def channels(self) -> int:
        """Samples a pixel of a tile has: channels, or 3 for RGB."""
        if self.axes == "CYX":
            return self.info.length("C")
        return 3 if self.axes == "YXS" else 1

    @property
    def scale(self) -> tuple[float, float]:
        """Calibrated length / source length along y and x, as it is after rounding."""
        height, width = self.info.plane_shape
        return self.shape[0] / height, self.shape[1] / width

    @property
    def is_calibrated(self) -> bool:
        """Whether the pixels are rescaled."""
        return self.shape != self.info.plane_shape

    @property
    def tile_pixel_size(self) -> PixelSize | None:
        """Micrometres per pixel of the tiles."""
        return self.pixel_size.divided(*self.scale) if self.pixel_size else None

    @cached_property
    def pixels(self) -> int:
        """Pixels of all tiles of one plane, padding included."""
        if isinstance(self.tiling, TileScatter):
            return sum(tile.shape[0] * tile.shape[1] for tile in self.tiling)
        rows, columns = self.tiling.rows, self.tiling.columns
        height = sum(rows.stop(i) - rows.start(i) + rows.padding(i) for i in range(rows.count))
        width = sum(columns.stop(i) - columns.start(i) + columns.padding(i) for i in range(columns.count))
        return height * width

    @cached_property
    def box_pixels(self) -> int:
        """Pixels of all tiles of one plane that lie in the plane."""
        if isinstance(self.tiling, TileScatter):
            return sum(box.area for box in self.tiling.boxes)
        rows, columns = self.tiling.rows, self.tiling.columns
        height = sum(rows.stop(i) - rows.start(i) for i in range(rows.count))
        width = sum(columns.stop(i) - columns.start(i) for i in range(columns.count))
        return height * width

    @property
    def bytes(self) -> int:
        """Uncompressed bytes of all tiles."""
        return len(self.planes) * self.pixels * self.channels * np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class Plan:
    """What an export will do; the same for preview, dry run, export and merge.

    Parameters
    ----------
    recipe : Recipe
        What was asked.
    images : tuple of ImagePlan
        The sources that give tiles, in their order.
    failed : tuple of Failure
        The sources that do not, each with its reason.
    warnings : tuple of str
        What a user should know beforehand.
    """

    recipe: Recipe
    images: tuple[ImagePlan, ...]
    failed: tuple[Failure, ...] = ()
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return sum(len(image) for image in self.images)

    @property
    def bytes(self) -> int:
        """Uncompressed bytes of all tiles."""
        return sum(image.bytes for image in self.images)

    @property
    def duplicated_percent(self) -> float:
        """(Tile pixels - covered pixels) / covered pixels × 100, padding not counted."""
        covered = sum(len(image.planes) * image.tiling.covered for image in self.images)
        tiles = sum(len(image.planes) * image.box_pixels for image in self.images)
        return (tiles - covered) / covered * 100 if covered else 0.0

    @property
    def layout(self) -> Layout:
        """Where files go."""
        return make_layout(self.recipe.export.layout)

    @property
    def sink(self) -> Sink:
        """How tiles are encoded."""
        export = self.recipe.export
        return make_sink(export.format, export.compression, export.quality)

    def image(self, name: str) -> ImagePlan:
        """Return the image of this relative path, file name or stem."""
        for image in self.images:
            if name in (image.name, image.stem, image.info.path.name):
                return image
        failed = {failure.source: failure.reason for failure in self.failed}
        if name in failed:
            raise PlanError(failed[name])
        names = ", ".join(image.name for image in self.images[:5])
        raise PlanError(f"no image is called {name!r}: there are {len(self.images)}, such as {names}")


def make_plan(recipe: Recipe, scanned: Iterable[Scanned] | None = None) -> Plan:
    """Resolve a recipe against the headers of its sources; reads no pixel and writes nothing.

    Parameters
    ----------
    recipe : Recipe
        What was asked.
    scanned : iterable of Scanned, optional
        The result of `scan` for the recipe's media section, to save reading the headers again.

    Raises
    ------
    PlanError
        If there is no source at all, or the tiles of several would share names.
    SourceError
        If the media folder does not exist or cannot be listed.
    """
    images: list[ImagePlan] = []
    failed: list[Failure] = []
    warnings: list[str] = []
    found = list(scan(recipe.media) if scanned is None else scanned)
    if not found:
        raise PlanError(
            f"{recipe.media.folder}: no image fits media.pattern {recipe.media.pattern!r}"
            + ("" if recipe.media.recursive else "; media.recursive would look into its folders too")
        )
    for item in _drawn(found, recipe.tiling):
        try:
            images.append(_plan_image(recipe, item))
        except PlanError as error:
            failed.append(Failure(item.found.name, str(error)))
    warnings += _warnings(recipe, images)
    images = [image for image in images if len(image)]
    if len(images) > 1 and "stem" not in placeholders(recipe.export.name):
        raise PlanError(
            f"export.name {recipe.export.name!r} needs {{stem}}: the tiles of {len(images)} images would share names"
        )
    return Plan(recipe, tuple(images), tuple(failed), tuple(warnings))


def _drawn(found: list[Scanned], tiling: Tiling) -> list[Scanned]:
    """Return the sources that are drawn at random, in their order; all where none are to be drawn."""
    if tiling.images is None or tiling.images >= len(found):
        return found
    rng = np.random.default_rng(tiling.seed)
    return [found[i] for i in sorted(rng.choice(len(found), tiling.images, replace=False))]


def _plan_image(recipe: Recipe, item: Scanned) -> ImagePlan:
    """Return what one source gives; PlanError with the reason where it cannot be done."""
    info = item.info
    if info is None:
        raise PlanError(item.problem)
    name = item.found.name
    channel = _channel(recipe, info, name)
    axes = "YXS" if info.is_rgb else "CYX" if info.has_channels and channel is None else "YX"
    override = recipe.calibration.pixel_size_um
    pixel_size = PixelSize(override, override) if override else info.pixel_size
    shape = _calibrated_shape(recipe, info, pixel_size, name)
    image = ImagePlan(
        name=name,
        stem=item.found.stem,
        size_bytes=item.size_bytes,
        info=info,
        pixel_size=pixel_size,
        shape=shape,
        planes=_planes(recipe, info, name),
        channel=channel,
        axes=axes,
        dtype=_tile_type(recipe, info, name),
        tiling=tiling_of(recipe.tiling, shape, name),
        name_template=recipe.export.name,
    )
    refusal = make_sink(recipe.export.format).refusal(axes, image.channels, image.dtype)
    if refusal:
        raise PlanError(f"{name}: {refusal}")
    return image


def _channel(recipe: Recipe, info: SourceInfo, name: str) -> int | None:
    wanted = recipe.media.channel
    if wanted is None:
        return None
    if not info.has_channels:
        if wanted == 0 and not info.is_rgb:
            return None
        raise PlanError(f"{name}: has no channel {wanted!r} (media.channel): its axes are {info.axes}")
    count = info.length("C")
    if isinstance(wanted, str):
        if wanted not in info.channel_names:
            known = ", ".join(info.channel_names) or f"it names none; use an index, 0 to {count - 1}"
            raise PlanError(f"{name}: has no channel {wanted!r} (media.channel): {known}")
        return info.channel_names.index(wanted)
    if wanted >= count:
        raise PlanError(f"{name}: has no channel {wanted} (media.channel): it has 0 to {count - 1}")
    return wanted


def _planes(recipe: Recipe, info: SourceInfo, name: str) -> tuple[Plane, ...]:
    positions: dict[str, list[int | None]] = {}
    for axis, wanted in (("T", recipe.media.t), ("Z", recipe.media.z)):
        length = info.length(axis)
        if axis not in info.axes:
            positions[axis] = [None]
        elif wanted == "each":
            positions[axis] = list(range(length))
        elif wanted < length:
            positions[axis] = [wanted]
        else:
            field = f"media.{axis.lower()}"
            raise PlanError(f"{name}: has no {axis.lower()} {wanted} ({field}): it has 0 to {length - 1}")
    used = placeholders(recipe.export.name)
    for axis in "TZ":
        if len(positions[axis]) > 1 and not used & {"index", axis.lower()}:
            raise PlanError(
                f"{name}: export.name {recipe.export.name!r} needs {{{axis.lower()}}} or {{index}}: "
                f"the tiles of its {len(positions[axis])} planes would share names"
            )
    return tuple(Plane(t=t, z=z) for t in positions["T"] for z in positions["Z"])


def _calibrated_shape(recipe: Recipe, info: SourceInfo, pixel_size: PixelSize | None, name: str) -> tuple[int, int]:
    calibration = recipe.calibration
    height, width = info.plane_shape
    if not calibration.enabled:
        return height, width
    if calibration.fraction is not None:
        a, b = calibration.fraction.numerator, calibration.fraction.denominator
        shape = reduced_length(height, a, b), reduced_length(width, a, b)
    elif calibration.scale is not None:
        factor = float(calibration.scale)
        shape = scaled_length(height, factor), scaled_length(width, factor)
    elif pixel_size is None:
        raise PlanError(f"{name}: no pixel size: give --pixel-size (calibration.pixel_size_um); {info.pixel_size_from}")
    else:
        target = calibration.target_pixel_size_um
        shape = (
            scaled_length(height, pixel_size.y_um / target),
            scaled_length(width, pixel_size.x_um / target),
        )
    if not all(shape):
        raise PlanError(f"{name}: rescaling leaves nothing of its {height} × {width} px; check the pixel sizes")
    return shape


def _tile_type(recipe: Recipe, info: SourceInfo, name: str) -> str:
    normalization = recipe.normalization
    if normalization.scope != "none":
        return normalization.tile_type
    wanted = normalization.dtype or info.dtype.name
    if not np.can_cast(info.dtype, wanted, "safe"):
        raise PlanError(
            f"{name}: {wanted} cannot hold its {info.dtype.name} values as they are: "
            f"choose a normalization.scope, or leave normalization.dtype empty"
        )
    return wanted


def tiling_of(tiling: Tiling, shape: tuple[int, int], name: str) -> TileGrid | TileScatter:
    """Return where tiles lie in a calibrated plane of this shape; `name` is the source's, for its random draw.

    Raises
    ------
    PlanError
        If the image is too small for what is asked.
    """
    size = pair(tiling.size_px)
    if any(length < side for length, side in zip(shape, size, strict=True)):
        if tiling.small_images == "skip":
            return TileScatter(shape, size, ())
        if tiling.small_images == "error":
            raise PlanError(
                f"{name}: {shape[0]} × {shape[1]} px is smaller than a tile of {size[0]} × {size[1]} px "
                f"(tiling.small_images: pad or skip)"
            )
    if tiling.sampling == "grid":
        return TileGrid(shape, size, pair(tiling.overlap_px), tiling.edge, tiling.order)
    try:
        return scatter(
            shape,
            size,
            tiling.count or 0,
            kind=tiling.sampling,
            seed=(tiling.seed, zlib.crc32(name.encode())),
            max_overlap=tiling.max_random_overlap,
        )
    except ValueError as error:
        raise PlanError(f"{name}: {error} (tiling.count)") from error


def _warnings(recipe: Recipe, images: list[ImagePlan]) -> list[str]:
    """Return what a user should know beforehand, naming the images."""
    size = pair(recipe.tiling.size_px)
    small = [i.name for i in images if any(a < b for a, b in zip(i.shape, size, strict=True))]
    few = [i.name for i in images if isinstance(i.tiling, TileScatter) and len(i.tiling) < (recipe.tiling.count or 0)]
    warnings = [f"{image.name}: {note}" for image in images for note in image.info.notes]
    if small:
        verb = "padded" if recipe.tiling.small_images == "pad" else "skipped"
        warnings.append(f"smaller than a tile and {verb}: {_listed(small)}")
    if few and recipe.tiling.small_images != "skip":
        warnings.append(
            f"fewer than {recipe.tiling.count} tiles fit with tiling.max_random_overlap "
            f"{recipe.tiling.max_random_overlap:g}: {_listed(few)}"
        )
    return warnings


def _listed(names: list[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
