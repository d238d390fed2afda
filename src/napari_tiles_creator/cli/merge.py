"""The command merge: tiles, or what a program made of them, back to whole images."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import click

from napari_tiles_creator.cli.options import json_option, memory_option, workers_option
from napari_tiles_creator.cli.progress import shown_result
from napari_tiles_creator.cli.show import complain, counted, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_tiles_creator.engine.back.detections.rule import JoinRule
    from napari_tiles_creator.engine.back.labels.rule import StitchRule
    from napari_tiles_creator.engine.back.report import MergeReport

SOME_FAILED, NOTHING_DONE = 1, 2
# Options that only some kinds know.
KINDS_OF = {
    "blend": ("values",),
    "match": ("labels", "detections"),
    "threshold": ("labels", "detections"),
    "min_area": ("labels",),
    "hull": ("labels",),
    "smooth": ("labels",),
    "min_score": ("detections",),
}


@click.command()
@click.argument("dataset")
@click.argument("output")
@click.option("--tiles", metavar="FOLDER", help="Results named like the tiles; the dataset's own by default.")
@click.option(
    "--kind", default="values", show_default=True, help="What the tiles hold: values, labels, classes, detections."
)
@click.option("--blend", help="How overlapping values combine: linear (default), hann, gaussian, mean, core, max.")
@click.option("--at", default="calibrated", show_default=True, help="Size of the result: calibrated, or source.")
@click.option("--missing", default="fail", show_default=True, help="Pixels in no tile: fail, or a value.")
@click.option("--denormalize", is_flag=True, help="Map values back to the images' own range and type.")
@click.option(
    "--format", "file_format", help="tif (default), zarr, h5, png; of detections geojson (default), coco, yolo."
)
@click.option("--match", help="Labels: containment (default) or iou. Detections: ios (default) or iou.")
@click.option("--threshold", type=float, help="Labels, detections: one object from this match on; 0.5 by default.")
@click.option("--min-area", type=click.IntRange(0), metavar="PX", help="Labels: leave out objects of fewer pixels.")
@click.option("--hull", is_flag=True, default=None, help="Labels: fill objects to their convex hulls.")
@click.option("--smooth", type=float, metavar="PX", help="Labels: smooth outlines, Gaussian of this many pixels.")
@click.option("--min-score", type=float, help="Detections: leave out those with a lower score.")
@click.option("--skip-existing", is_flag=True, help="Pass over images whose results are there, so as to go on.")
@workers_option
@memory_option
@json_option
def merge(
    dataset: str,
    output: str,
    tiles: str | None,
    kind: str,
    at: str,
    missing: str,
    denormalize: bool,
    file_format: str | None,
    skip_existing: bool,
    workers: int | None,
    memory: int,
    as_json: bool,
    **of_some_kinds: Any,
) -> int:
    """Put the tiles of DATASET, or results named like them, back into one file an image in OUTPUT.

    Values are blended where tiles overlap, objects of labels and detections get one copy each. Memory stays bounded.
    """
    from napari_tiles_creator.engine.back.merge import merge_steps
    from napari_tiles_creator.engine.back.request import MergeRequest

    given = {name: value for name, value in of_some_kinds.items() if value is not None}
    _check_kind(kind, given)
    request = MergeRequest(
        Path(dataset),
        Path(output),
        Path(tiles) if tiles else None,
        kind=kind,  # type: ignore[arg-type]  # the request checks it
        blend=given.get("blend", "linear"),
        at=at,  # type: ignore[arg-type]
        missing=missing,
        denormalize=denormalize,
        format=file_format,
        stitch=_stitch_rule(given) if kind == "labels" else None,
        join=_join_rule(given) if kind == "detections" else None,
        workers=workers,
        memory_bytes=memory,
        skip_existing=skip_existing,
    )
    report = shown_result(merge_steps(request), "merging", quiet=as_json)
    if as_json:
        print_json(report.to_dict())
    else:
        for failure in report.failed:
            complain(failure.reason)
        for line in _told(report):
            click.echo(line)
        what = "file" if kind == "detections" else "image"
        before = f", {len(report.there_already)} there already" if report.there_already else ""
        click.echo(f"{counted(len(report.files), what)} merged into {output}{before}")
    if not report.files and not report.there_already:
        return NOTHING_DONE
    return SOME_FAILED if report.failed else 0


def _told(report: MergeReport) -> Iterator[str]:
    """Yield a line for each image that has objects, or whose file is not called as it is."""
    for merged in report.sources:
        first, *others = merged.files
        files = first.name + (", …" if others else "")
        if merged.objects is not None:
            yield f"{merged.source} → {files}: {counted(merged.objects, 'object')}"
        elif PurePosixPath(merged.source).stem != first.stem:
            yield f"{merged.source} → {files}"


def _check_kind(kind: str, given: dict[str, Any]) -> None:
    """Refuse options that belong to another kind."""
    known = {kind for kinds in KINDS_OF.values() for kind in kinds} | {"classes"}
    for name in given if kind in known else ():
        if kind not in KINDS_OF[name]:
            flag, kinds = name.replace("_", "-"), " and ".join(KINDS_OF[name])
            raise click.UsageError(f"--{flag} is for --kind {kinds}, not for {kind}: leave it out")


def _stitch_rule(given: dict[str, Any]) -> StitchRule:
    from napari_tiles_creator.engine.back.labels.rule import StitchRule

    fields = {"match": "match", "threshold": "threshold", "min_area": "min_area_px", "hull": "hull"}
    fields |= {"smooth": "smooth_px"}
    try:
        return StitchRule(**{fields[name]: value for name, value in given.items()})
    except ValueError as error:
        field, _, rest = str(error).partition(" ")
        flags = {field: name.replace("_", "-") for name, field in fields.items()}
        raise click.UsageError(f"--{flags.get(field, field)} {rest}") from error


def _join_rule(given: dict[str, Any]) -> JoinRule:
    from napari_tiles_creator.engine.back.detections.rule import JoinRule

    return JoinRule(**given)
