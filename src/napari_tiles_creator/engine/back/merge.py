"""Put the tiles of an export, or results named like them, back into one image a source, in memory."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from napari_tiles_creator.engine.back.blend import BLENDS, Blend, Canvas
from napari_tiles_creator.engine.export.manifest import Manifest
from napari_tiles_creator.engine.export.writer import write_error
from napari_tiles_creator.engine.pixels.normalize import to_type
from napari_tiles_creator.engine.planning.plan import Failure
from napari_tiles_creator.engine.planning.resolve import tiling_of
from napari_tiles_creator.errors import DatasetError, ExportError, SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.grid import TileGrid
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.recipe.document import Recipe
from napari_tiles_creator.sinks.base import TileFacts
from napari_tiles_creator.sinks.tiff import write_tiff
from napari_tiles_creator.sources.registry import EXTENSIONS, open_source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.export.rows import TileRow

KINDS = ("values",)
PLACES = ("calibrated",)


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What a merge wrote.

    Parameters
    ----------
    files : tuple of Path
        One a source.
    warnings : tuple of str
        What may surprise in the result.
    failed : tuple of Failure
        Sources that could not be merged.
    """

    files: tuple[Path, ...]
    warnings: tuple[str, ...]
    failed: tuple[Failure, ...]


def merge(
    dataset: str | Path,
    output: str | Path,
    *,
    tiles: str | Path | None = None,
    kind: str = "values",
    blend: str = "linear",
    at: str = "calibrated",
    missing: str | float = "fail",
    denormalize: bool = False,
) -> MergeReport:
    """Merge a dataset back into ``OUTPUT/{stem}.tif``, one file a source, in calibrated pixels.

    Parameters
    ----------
    dataset : str or Path
        An exported dataset.
    output : str or Path
        Folder of the merged images; not the dataset itself.
    tiles : str or Path, optional
        Folder of results that are named like the tiles, with any readable extension; in folders as the tiles, or
        all in this one.
    kind : {"values"}
        What the tiles hold.
    blend : {"linear", "hann", "mean", "core"}, default "linear"
        How overlapping pixels are combined.
    at : {"calibrated"}
        In which pixels the result is.
    missing : {"fail"} or float, default "fail"
        What stands where tiles are missing.
    denormalize : bool, default False
        Map the values back to the range of the source, and to its type.

    Raises
    ------
    DatasetError
        If the folder is no finished dataset, or an option is unknown.
    ExportError
        If the output cannot be written, or a file of that name is there already.
    """
    folder, target = Path(dataset), Path(output)
    for name, value, known in (("kind", kind, KINDS), ("at", at, PLACES), ("blend", blend, BLENDS)):
        _check_choice(name, value, known)
    manifest = Manifest.read(folder)
    if not manifest.finished:
        raise DatasetError(f"{folder}: the export did not come to its end: run the same export again, then merge")
    if target.resolve() == folder.resolve():
        raise DatasetError(f"{target} is the dataset itself: choose another folder for the merged images")
    recipe = Recipe.of(manifest.head["recipe"])
    if denormalize and recipe.media.colours is not None:
        raise DatasetError("the channels were composed to colours (media.colours): their values cannot be had back")
    job = _Merge(recipe, Path(tiles) if tiles else folder, cast("Blend", blend), _fill_value(missing), denormalize)
    sources = [source for source in manifest.head["sources"] if not source.get("failed")]
    for source in sources:
        if (target / f"{source['stem']}.tif").exists():
            raise ExportError(
                f"{target / source['stem']}.tif is there already and may be an image of yours: "
                f"choose another folder for the merged images, or move it"
            )
    rows_of: dict[str, list[TileRow]] = {}
    for row in manifest.rows.values():
        rows_of.setdefault(row.source, []).append(row)
    files, failed = [], []
    for source in sources:
        try:
            files.append(job.merge_source(source, rows_of.get(source["path"], []), target))
        except (DatasetError, SourceError, ValueError) as error:
            failed.append(Failure(source["path"], str(error)))
    return MergeReport(tuple(files), tuple(_warnings(recipe)), tuple(failed))


def _check_choice(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise DatasetError(f"{name} {value!r} is not available: use {', '.join(known)}")


def _fill_value(missing: str | float) -> float | None:
    """Return what stands where tiles are missing, None where that is a failure."""
    if missing == "fail":
        return None
    try:
        return float(missing)
    except ValueError as error:
        raise DatasetError(f"missing {missing!r}: use fail, or a number") from error


def _warnings(recipe: Recipe) -> Iterable[str]:
    if recipe.normalization.scope == "tile":
        yield "each tile was normalized on its own (scope tile): seams between tiles are to be expected"
    if recipe.tiling.sampling != "grid":
        yield f"tiles of {recipe.tiling.sampling} sampling do not cover the images: gaps are filled"


@dataclass(frozen=True, slots=True)
class _Merge:
    """The options of one merge."""

    recipe: Recipe
    tiles: Path
    blend: Blend
    fill: float | None
    denormalize: bool

    def merge_source(self, source: dict[str, Any], rows: list[TileRow], target: Path) -> Path:
        """Merge all planes of a source and write them; return the file."""
        planes: dict[tuple[str, str], list[TileRow]] = {}
        for row in rows:
            planes.setdefault((row.t, row.z), []).append(row)
        if not planes:
            raise DatasetError(f"{source['path']}: the dataset holds no tile of it")
        merged = [self._merge_plane(source, plane) for plane in planes.values()]
        axes = ("T" if rows[0].t else "") + ("Z" if rows[0].z else "")
        lengths = [len({row.t for row in rows})] * ("T" in axes) + [len({row.z for row in rows})] * ("Z" in axes)
        image, plane_axes = _channels_placed(merged, rgb="S" in source["axes"] or self.recipe.media.colours is not None)
        image = image.reshape(*lengths, *image.shape[1:])
        path = target / f"{source['stem']}.tif"
        facts = TileFacts(axes + plane_axes, _pixel_size(rows[0]))
        staged = path.with_name(path.name + ".part")
        try:
            target.mkdir(parents=True, exist_ok=True)
            write_tiff(staged, image, facts, compression="zlib")
            os.replace(staged, path)
        except OSError as error:
            raise write_error(target, error) from error
        finally:
            with suppress(OSError):
                staged.unlink(missing_ok=True)
        return path

    def _merge_plane(self, source: dict[str, Any], rows: list[TileRow]) -> NDArray[Any]:
        """Return one merged plane, array (y, x[, c])."""
        height, width = source["calibrated_shape"]
        tiling = tiling_of(self.recipe.tiling, (height, width), source["path"])
        canvas = Canvas((height, width), self.blend, tiling if isinstance(tiling, TileGrid) else None)
        for row in rows:
            pixels = self._read(row)
            if pixels is not None:
                box = Box(int(row.y), int(row.x), int(row.height), int(row.width))
                place = (int(row.row), int(row.column)) if row.row else None
                canvas.add(self._values(pixels[: box.height, : box.width], source, row), box, place)
        gaps = canvas.gaps
        if gaps and self.fill is None and self.recipe.tiling.edge != "drop":
            raise DatasetError(
                f"{source['path']}: {gaps} pixels lie in no tile of {self.tiles}: say what stands there "
                f"with --missing VALUE"
            )
        return canvas.finished(self.fill or 0.0)

    def _read(self, row: TileRow) -> NDArray[Any] | None:
        """Return a tile, or the result named like it, array (y, x[, c]); None where it is missing and may be."""
        # In the folders of the dataset's layout, or all in one folder, as programs write their results.
        paths = dict.fromkeys((self.tiles / row.tile, self.tiles / PurePosixPath(row.tile).name))
        candidates = (p for path in paths for p in (path, *(path.with_suffix(suffix) for suffix in EXTENSIONS)))
        found = next((candidate for candidate in candidates if candidate.is_file()), None)
        if found is None:
            if self.fill is not None:
                return None
            raise DatasetError(f"{row.source}: tile {row.tile} is not in {self.tiles}: --missing VALUE fills gaps")
        opened = open_source(found)
        try:
            pixels = opened.read(Box(0, 0, *opened.info.plane_shape))
        finally:
            opened.close()
        wanted = int(row.height) + int(row.pad_bottom), int(row.width) + int(row.pad_right)
        if opened.info.plane_shape != wanted:
            raise DatasetError(f"{found} is {opened.info.plane_shape} px, not {wanted} as its tile")
        return np.moveaxis(pixels, 0, -1) if opened.info.has_channels else pixels

    def _values(self, pixels: NDArray[Any], source: dict[str, Any], row: TileRow) -> NDArray[Any]:
        """Return the pixels, in the range and type of the source where that is wished."""
        if not self.denormalize or not row.norm_low:
            return pixels
        low, high = self.recipe.normalization.bounds
        first, last = (np.array([float(v) for v in text.split(";")]) for text in (row.norm_low, row.norm_high))
        values = (pixels.astype(np.float64) - low) / (high - low) * (last - first) + first
        return to_type(values, source["dtype"])


def _channels_placed(planes: list[NDArray[Any]], rgb: bool) -> tuple[NDArray[Any], str]:
    """Return planes (y, x[, c]) as one array (n, …) with channels first and samples last, and its plane axes."""
    image = np.stack(planes)
    if image.ndim == 3:
        return image, "YX"
    if rgb:
        return image, "YXS"
    return np.moveaxis(image, -1, 1), "CYX"


def _pixel_size(row: TileRow) -> PixelSize | None:
    if not row.pixel_size_um:
        return None
    sizes = [float(size) for size in row.pixel_size_um.split(";")]
    return PixelSize(sizes[0], sizes[-1])
