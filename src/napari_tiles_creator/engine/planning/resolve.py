"""A recipe resolved against the header of one source: every setting that depends on the image."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.engine.planning.image_plan import ImagePlan, Plane
from napari_tiles_creator.engine.planning.names import placeholders
from napari_tiles_creator.errors import PlanError
from napari_tiles_creator.geometry.grid import TileGrid, pair
from napari_tiles_creator.geometry.pixel_size import PixelSize, reduced_length, scaled_length
from napari_tiles_creator.geometry.scatter import TileScatter, scatter
from napari_tiles_creator.sinks.registry import make_sink
from napari_tiles_creator.sources.projected import projected

if TYPE_CHECKING:
    from napari_tiles_creator.engine.planning.scan import Scanned
    from napari_tiles_creator.geometry.region import Region
    from napari_tiles_creator.recipe.document import Recipe
    from napari_tiles_creator.recipe.media import Media
    from napari_tiles_creator.recipe.tiling import Tiling
    from napari_tiles_creator.sources.base import SourceInfo

# Pixels along an axis: ten times the largest slides; beyond, somebody mistook a unit.
MOST_PIXELS = 10_000_000
PIXEL_SIZE = "calibration.pixel_size_um"


def resolve_image(
    recipe: Recipe, item: Scanned, region: Region | None = None, exclude: tuple[str, ...] = ()
) -> ImagePlan:
    """Return what one source gives.

    Parameters
    ----------
    recipe : Recipe
        What was asked.
    item : Scanned
        The source.
    region : Region, optional
        The recipe's ``tiling.roi``, source pixels.
    exclude : tuple of str
        Names of tiles rejected by hand, sorted.

    Raises
    ------
    PlanError
        If it cannot be done: the source's name and the reason.
    """
    info = item.info
    if info is None:
        raise PlanError(item.problem)
    name = item.found.name
    info = as_planned(recipe.media, info)
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
        region=region,
        exclude=exclude,
        modified_ns=item.modified_ns,
        level=_level(recipe, info, shape),
        colours=_colours(recipe.media, info, axes, name),
    )
    refusal = make_sink(recipe.export.format).refusal(image.tile_axes, image.tile_samples, image.dtype)
    if refusal:
        raise PlanError(f"{name}: {refusal}", "export.format")
    return image


def _channel(recipe: Recipe, info: SourceInfo, name: str) -> int | None:
    wanted = recipe.media.channel
    if wanted is None:
        return None
    if not info.has_channels:
        if wanted == 0 and not info.is_rgb:
            return None
        raise PlanError(f"{name}: has no channel {wanted!r} (media.channel): its axes are {info.axes}", "media.channel")
    count = info.length("C")
    if isinstance(wanted, str):
        if wanted not in info.channel_names:
            known = ", ".join(info.channel_names) or f"it names none; use an index, 0 to {count - 1}"
            raise PlanError(f"{name}: has no channel {wanted!r} (media.channel): {known}", "media.channel")
        return info.channel_names.index(wanted)
    if wanted >= count:
        raise PlanError(f"{name}: has no channel {wanted} (media.channel): it has 0 to {count - 1}", "media.channel")
    return wanted


def _colours(media: Media, info: SourceInfo, axes: str, name: str) -> tuple[tuple[float, float, float], ...]:
    if media.colours is None:
        return ()
    if axes != "CYX":
        raise PlanError(
            f"{name}: has no channels to compose (media.colours): its axes are {info.axes}", "media.colours"
        )
    count = info.length("C")
    if len(media.colours) != count:
        raise PlanError(
            f"{name}: media.colours names {len(media.colours)} colours, it has {count} channels: one each, none leaves "
            f"a channel out",
            "media.colours",
        )
    return tuple(media.rgb_of(colour) for colour in media.colours)


def as_planned(media: Media, info: SourceInfo) -> SourceInfo:
    """Return the header without the axes of which the recipe wants a projection."""
    for axis, wanted in (("T", media.t), ("Z", media.z)):
        if axis in info.axes and (wanted == "max" or wanted == "mean"):
            info = projected(info, axis, wanted)
    return info


def _planes(recipe: Recipe, info: SourceInfo, name: str) -> tuple[Plane, ...]:
    positions: dict[str, list[int | None]] = {}
    for axis, wanted in (("T", recipe.media.t), ("Z", recipe.media.z)):
        length = info.length(axis)
        if axis not in info.axes or wanted == "max" or wanted == "mean":
            positions[axis] = [None]
        elif wanted == "each":
            positions[axis] = list(range(length))
        elif wanted < length:
            positions[axis] = [wanted]
        else:
            field = f"media.{axis.lower()}"
            raise PlanError(f"{name}: has no {axis.lower()} {wanted} ({field}): it has 0 to {length - 1}", field)
    used = placeholders(recipe.export.name)
    for axis in "TZ":
        if len(positions[axis]) > 1 and not used & {"index", axis.lower()}:
            raise PlanError(
                f"{name}: export.name {recipe.export.name!r} needs {{{axis.lower()}}} or {{index}}: "
                f"the tiles of its {len(positions[axis])} planes would share names",
                "export.name",
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
        raise PlanError(
            f"{name}: no pixel size: give --pixel-size (calibration.pixel_size_um); {info.pixel_size_from}",
            PIXEL_SIZE,
        )
    else:
        target = calibration.target_pixel_size_um
        shape = (
            scaled_length(height, pixel_size.y_um / target),
            scaled_length(width, pixel_size.x_um / target),
        )
    if max(shape) > MOST_PIXELS:
        raise PlanError(f"{name}: rescaling makes {shape[0]} × {shape[1]} px of it; check the pixel sizes", PIXEL_SIZE)
    if not all(shape):
        raise PlanError(f"{name}: rescaling leaves nothing of {height} × {width} px; check the pixel sizes", PIXEL_SIZE)
    return shape


def _level(recipe: Recipe, info: SourceInfo, shape: tuple[int, int]) -> int:
    """Return the smallest level of the pyramid that a much smaller image is made from: none is ever enlarged."""
    calibration = recipe.calibration
    if not calibration.use_pyramid or calibration.interpolation == "nearest":
        return 0
    height, width = info.plane_shape
    found = 0
    for level, (rows, columns) in enumerate(info.levels):
        # A level that was cut or padded would shift the pixels.
        is_whole = abs(rows * width - columns * height) <= max(height, width)
        if is_whole and rows >= shape[0] and columns >= shape[1]:
            found = level
    return found


def _tile_type(recipe: Recipe, info: SourceInfo, name: str) -> str:
    normalization = recipe.normalization
    if normalization.scope != "none":
        return normalization.tile_type
    wanted = normalization.dtype or info.dtype.name
    if not np.can_cast(info.dtype, wanted, "safe"):
        raise PlanError(
            f"{name}: {wanted} cannot hold its {info.dtype.name} values as they are: "
            f"choose a normalization.scope, or leave normalization.dtype empty",
            "normalization.dtype",
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
                f"(tiling.small_images: pad or skip)",
                "tiling.small_images",
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
        raise PlanError(f"{name}: {error} (tiling.count)", "tiling.count") from error
