"""Predict and merge, in a thread: a layer cut on the way, or the tiles of a dataset. What comes of it are layers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator._widget.controls.words import counted
from napari_tiles_creator._widget.predicting.merged_layers import HELD_BYTES, file_layer, pixels_layer
from napari_tiles_creator._widget.predicting.merging import Results, merge_images
from napari_tiles_creator._widget.predicting.passing_folder import PassingFolder
from napari_tiles_creator._widget.predicting.predicted_images import predict_images
from napari_tiles_creator._widget.predicting.stages import Stage, staged
from napari_tiles_creator._widget.viewing.exported import FEW
from napari_tiles_creator._widget.viewing.merged import Original
from napari_tiles_creator.engine.back.tiled_image import tiled_sources
from napari_tiles_creator.engine.export.manifest import Manifest
from napari_tiles_creator.errors import DatasetError, RecipeError, TilesError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from napari.layers import Layer

    from napari_tiles_creator._widget.prediction import Prediction
    from napari_tiles_creator.engine.back.tiled_image import TiledSource
    from napari_tiles_creator.engine.planning.scan import Scanned
    from napari_tiles_creator.engine.segmenting.request import Segmented
    from napari_tiles_creator.recipe.document import Recipe


@dataclass(frozen=True)
class Merged:
    """What came of it.

    Parameters
    ----------
    layers : tuple of (Layer, Original)
        Results that are to be shown, each with the image that it lies over.
    files : tuple of Path
        What was written to the folder that was chosen; none without.
    text : str
        How it ended, in one sentence.
    notes : tuple of str
        What the user should know: warnings, and why images failed.
    """

    layers: tuple[tuple[Any, Original], ...]
    files: tuple[Path, ...]
    text: str
    notes: tuple[str, ...] = ()


def segment_layer(asked: Prediction, recipe: Recipe, scanned: Scanned) -> Generator[Stage, None, Merged]:
    """Cut an open layer, predict and merge; no tile is written.

    Parameters
    ----------
    asked : Prediction
        The model, and what is shown.
    recipe : Recipe
        How tiles are cut.
    scanned : Scanned
        The layer's header.

    Raises
    ------
    TilesError
        If the layer cannot be cut so, or the model fails.
    """
    from napari_tiles_creator.engine.planning.plan import make_plan
    from napari_tiles_creator.engine.segmenting.request import SegmentRequest
    from napari_tiles_creator.engine.segmenting.segment import segment_plan_steps
    from napari_tiles_creator.engine.segmenting.whole import whole_recipe

    yield Stage("Preparing")
    plan = make_plan(whole_recipe(recipe), [scanned])
    if plan.failed:
        raise TilesError(plan.failed[0].reason, plan.failed[0].field)
    info = scanned.info
    assert info is not None  # else the plan had failed
    values = sum(image.info.plane_shape[0] * image.info.plane_shape[1] * len(image.planes) for image in plan.images)
    passing = None if asked.folder or values * 4 <= HELD_BYTES else PassingFolder()
    output = Path(asked.folder) if asked.folder else passing.path if passing is not None else None
    wanted, threshold = asked.mask
    request = SegmentRequest(
        model=asked.spec,
        output=output,
        allow_code=asked.allow_code,
        wanted=wanted,
        threshold=threshold,
        blend=asked.blend,
        rule=asked.stitch_rule(),
        at="source",
        probabilities=asked.is_map,
    )
    notes: list[str] = []
    report = yield from staged("Predicting", segment_plan_steps(plan, request), notes)
    if report.failed:
        raise TilesError(report.failed[0].reason, report.failed[0].field)
    (image,) = report.images
    layer = yield from _layer_of_segmented(image, asked)
    _keep(layer, passing)
    original = Original(scanned.found.name, scanned.found.stem, "", info.plane_shape, info.pixel_size)
    files = image.files if asked.folder else ()
    return Merged(((layer, original),), files, _told([layer], image.objects, files), tuple(notes))


def _layer_of_segmented(image: Segmented, asked: Prediction) -> Generator[Stage, None, Layer]:
    is_map = asked.is_map and image.kind != "labels"
    name = f"{image.stem} {'probabilities' if is_map else 'merged'}"
    pixels = image.probability if is_map else image.pixels
    if pixels is not None:
        return pixels_layer(name, pixels, is_labels=not is_map)
    reading = file_layer(name, image.files[-1 if is_map else 0], is_labels=not is_map)
    return (yield from staged("Reading the result", reading, []))


def _keep(layer: Layer, passing: PassingFolder | None) -> None:
    """Let files that are read when they are looked at stay as long as their layer."""
    if passing is not None and not isinstance(layer.data, (np.ndarray, list)):
        layer.metadata["files"] = passing


def _told(layers: list[Any], objects: int | None, files: tuple[Path, ...]) -> str:
    """Return how it ended, in one sentence."""
    others = f" and {counted(len(layers) - 1, 'other')}" if len(layers) > 1 else ""
    parts = [f"Shown: {layers[0].name}{others}" if layers else "Nothing is shown"]
    if objects is not None:
        parts.append(counted(objects, "object"))
    if files:
        parts.append(f"{counted(len(files), 'file')} in {files[0].parent}")
    return "; ".join(parts) + "."


def images_of_dataset(dataset: str) -> tuple[str, ...]:
    """Return the names of the images that a folder holds tiles of; none where it is no dataset."""
    if not dataset or not Manifest.exists(Path(dataset)):
        return ()
    sources = Manifest.read_head(Path(dataset)).get("sources", ())
    return tuple(str(facts["path"]) for facts in sources if "calibrated_shape" in facts)


def needs_code(path: str) -> bool:
    """Tell whether a model is sure to bring code with it; of others the model itself tells when it is loaded."""
    from napari_tiles_creator.engine.predicting.models.registry import TORCH
    from napari_tiles_creator.engine.predicting.models.segformer import CONFIG

    place = Path(path)
    if place.suffix.lower() in TORCH:
        return True
    return bool(path) and (place / CONFIG).is_file() and not any(place.glob("*.safetensors"))


def merge_dataset(asked: Prediction, dataset: Path) -> Generator[Stage, None, Merged]:
    """Predict the tiles of a dataset, or take results that are there, and merge them.

    Parameters
    ----------
    asked : Prediction
        The model, or where the results are; and what is shown.
    dataset : Path
        Folder of the tiles.

    Raises
    ------
    TilesError
        If there is no such dataset or image, or nothing can be merged.
    """
    yield Stage("Preparing")
    manifest = Manifest.read(dataset)
    if not manifest.finished:
        raise DatasetError(f"{dataset}: the export did not come to its end: export again, it goes on where it stopped")
    sources = _asked_for(asked, manifest)
    passing = None if asked.folder else PassingFolder()
    output = Path(asked.folder) if passing is None else passing.path
    notes: list[str] = []
    if passing is not None and len(sources) > FEW:
        notes.append(
            f"{counted(len(sources) - FEW, 'image')} left out: {FEW} are shown at once; choose where to save them all"
        )
        sources = sources[:FEW]
    notes += dict.fromkeys(note for source in sources for note in _gaps(source))
    if asked.is_of_results:
        steps = merge_images(sources, Results(asked, Path(asked.results), asked.holds, output), notes)
    else:
        steps = predict_images(asked, sources, output, notes)
    results = yield from steps
    shown = tuple((one.layer, one.original) for one in results if one.layer is not None)
    for layer, _ in shown:
        _keep(layer, passing)
    files = () if passing is not None else tuple(one.path for one in results)
    return Merged(shown, files, _told([layer for layer, _ in shown], None, files), tuple(notes))


def _asked_for(asked: Prediction, manifest: Manifest) -> list[TiledSource]:
    """Return the images that are meant; RecipeError where there is none."""
    sources = tiled_sources(manifest)
    if asked.image == "":
        sources = sources[:1]
    elif asked.image is not None:
        sources = [source for source in sources if source.name == asked.image]
    if not sources:
        of = f" of {asked.image}" if asked.image else ""
        raise RecipeError.of("predict.image", f"the dataset {manifest.folder} holds no tile{of}")
    return sources


def _gaps(source: TiledSource) -> Iterator[str]:
    """Yield what of the tiles will be seen in what they are merged to."""
    sampling = source.recipe.tiling.sampling
    if source.recipe.normalization.scope == "tile":
        yield "Each tile was normalized on its own (Local): seams between tiles are to be expected."
    if sampling != "grid":
        yield f"The tiles are {sampling} ones and do not cover the image: 0 stands between them."
        return
    left_out = len(source.grid) * len(source.planes) - len(source.rows) if source.grid is not None else 0
    if left_out > 0:
        yield f"{source.name}: {counted(left_out, 'tile')} of the grid were not exported; 0 stands there."
