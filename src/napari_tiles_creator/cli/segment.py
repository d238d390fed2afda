"""The command segment: cut, predict and merge in one go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from napari_tiles_creator.cli.model_options import model_options
from napari_tiles_creator.cli.options import json_option, make_recipe, run_options, whole_image_options
from napari_tiles_creator.cli.progress import shown_result
from napari_tiles_creator.cli.show import complain, counted, print_json, warn

if TYPE_CHECKING:
    from napari_tiles_creator.engine.back.labels.rule import StitchRule
    from napari_tiles_creator.engine.segmenting.request import Segmented

SOME_FAILED, NOTHING_DONE = 1, 2


@click.command()
@click.argument("source")
@click.argument("output")
@model_options
@click.option("--like", metavar="DATASET", help="Calibration, tiling and normalization of this exported dataset.")
@whole_image_options
@click.option(
    "--blend",
    default="linear",
    show_default=True,
    help="How overlaps combine: linear, hann, gaussian, mean, core, max.",
)
@click.option("--at", default="calibrated", show_default=True, help="Size of the results: calibrated, or source.")
@click.option("--format", "file_format", default="tif", show_default=True, help="Format: tif, zarr, h5, png, geojson.")
@click.option("--probabilities", is_flag=True, help="Also write {stem}_probability.tif.")
@click.option("--min-area", type=click.IntRange(0), metavar="PX", help="Leave out smaller objects; models of labels.")
@click.option("--hull", is_flag=True, default=None, help="Fill objects to their convex hulls; models of labels.")
@click.option("--smooth", type=click.FloatRange(0), metavar="PX", help="Smooth their outlines; models of labels.")
@click.option("--skip-existing", is_flag=True, help="Pass over images whose results are there, so as to go on.")
@run_options
@json_option
def segment(
    source: str,
    output: str,
    model: str,
    wanted: int | None,
    threshold: float,
    allow_code: bool,
    blend: str,
    at: str,
    file_format: str,
    probabilities: bool,
    min_area: int | None,
    hull: bool | None,
    smooth: float | None,
    batch: int | None,
    workers: int | None,
    memory: int,
    skip_existing: bool,
    as_json: bool,
    **recipe_options: Any,
) -> int:
    """Segment the images in SOURCE: one mask or label image each in OUTPUT, in bounded memory.

    Tiles are cut as for an export, predicted and merged on the way, and none is kept. --like DATASET treats new images
    exactly as the tiles that a model was trained on.
    """
    from napari_tiles_creator.engine.segmenting.request import SegmentRequest
    from napari_tiles_creator.engine.segmenting.segment import segment_steps

    _tell_likeness(recipe_options)
    request = SegmentRequest(
        model,
        Path(output),
        make_recipe(source, None, **recipe_options),
        allow_code=allow_code,
        wanted=wanted,
        threshold=threshold,
        blend=blend,
        rule=_rule(min_area, hull, smooth),
        at=at,  # type: ignore[arg-type]  # the request checks it
        format=file_format,
        probabilities=probabilities,
        batch=batch,
        workers=workers,
        memory_bytes=memory,
        skip_existing=skip_existing,
    )
    report = shown_result(segment_steps(request), "segmenting", quiet=as_json)
    for failure in report.failed:
        complain(failure.reason if failure.source in failure.reason else f"{failure.source}: {failure.reason}")
    for image in report.images:
        if as_json:
            print_json(image.to_dict())
        else:
            click.echo(_told(image))
    if as_json:
        for source_name in report.skipped:
            print_json({"source": source_name, "skipped": True})
        for failure in report.failed:
            print_json({"source": failure.source, "failed": failure.reason})
    else:
        before = f" · {len(report.skipped)} there already" if report.skipped else ""
        click.echo(f"{counted(len(report.images), 'image')} segmented into {output}{before}")
    if not report.images and not report.skipped:
        return NOTHING_DONE
    return SOME_FAILED if report.failed else 0


def _tell_likeness(options: dict[str, Any]) -> None:
    """Refuse two beginnings of one recipe; tell what of the dataset's treatment is done in another way."""
    if not options["like"]:
        return
    for name, value in (("--recipe", options["recipe_file"]), ("--preset", options["preset"])):
        if value:
            raise click.UsageError(f"give --like or {name}, not both: each says how images are cut")
    from napari_tiles_creator.engine.segmenting.likeness import notes_like

    for note in notes_like(options["like"]):
        warn(note)


def _rule(min_area: int | None, hull: bool | None, smooth: float | None) -> StitchRule | None:
    """Return how labels are put together, None for the defaults."""
    given = {"min_area_px": min_area, "hull": hull, "smooth_px": smooth}
    wished = {name: value for name, value in given.items() if value is not None}
    if not wished:
        return None
    from napari_tiles_creator.engine.back.labels.rule import StitchRule

    return StitchRule(**wished)  # type: ignore[arg-type]


def _told(image: Segmented) -> str:
    """Return the line about one image."""
    shape = " × ".join(str(length) for length in image.shape)
    found = counted(image.objects, "object") if image.objects is not None else f"{image.share:.1%} inside"
    return f"{image.files[0]}: {image.axes}, {shape} px, {image.dtype} · {found}"
