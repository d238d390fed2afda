"""The command predict: masks and outlines of the tiles of a dataset."""

from __future__ import annotations

from pathlib import Path

import click

from napari_tiles_creator.cli.model_options import model_options
from napari_tiles_creator.cli.options import json_option, workers_option
from napari_tiles_creator.cli.progress import shown_result
from napari_tiles_creator.cli.show import complain, counted, print_json
from napari_tiles_creator.errors import ModelError

SOME_FAILED, NOTHING_DONE = 1, 2
SHOWN = 10
FORMS = ("labels", "labelme", "coco", "none")


@click.command()
@click.argument("dataset")
@model_options
@click.option("--output", metavar="FOLDER", help="Where predictions go; with the dataset by default.")
@click.option("--probabilities", is_flag=True, help="Also write probabilities/{tile}.tif, of the class or of all.")
@click.option(
    "--annotations",
    default="labels",
    show_default=True,
    type=click.Choice(FORMS),
    help="Outlines: {tile}__labels.json (Django-Labeller), LabelMe's JSON, one COCO file, or none.",
)
@click.option("--overwrite", is_flag=True, help="Remove the predictions that stand there first.")
@workers_option
@json_option
def predict(
    dataset: str,
    model: str,
    wanted: int | None,
    threshold: float,
    allow_code: bool,
    output: str | None,
    probabilities: bool,
    annotations: str,
    batch: int | None,
    overwrite: bool,
    workers: int | None,
    as_json: bool,
) -> int:
    """Segment the tiles of DATASET: masks/{tile}_mask.png, and outlines in the form of an annotation tool.

    Stopped at any time, the same command goes on. What a model may run of its own is only run with --allow-code.
    """
    from napari_tiles_creator.engine.predicting.predict import predict_steps
    from napari_tiles_creator.engine.predicting.request import ANNOTATIONS, PredictRequest

    request = PredictRequest(
        Path(dataset),
        model,
        wanted=wanted,
        threshold=threshold,
        allow_code=allow_code,
        output=None if output is None else Path(output),
        probabilities=probabilities,
        annotations=next(form for form in ANNOTATIONS if form == annotations),
        batch=batch,
        overwrite=overwrite,
        workers=workers,
    )
    try:
        report = shown_result(predict_steps(request), "predicting", quiet=as_json)
    except MemoryError as error:
        raise ModelError("not enough memory: lower --batch or --workers, or export smaller tiles") from error
    done = report.tiles + report.skipped
    if as_json:
        print_json(report.to_dict())
    else:
        for failure in report.failed[:SHOWN]:
            complain(failure.reason if failure.source in failure.reason else f"{failure.source}: {failure.reason}")
        if len(report.failed) > SHOWN:
            complain(f"and {len(report.failed) - SHOWN} more")
        found = f" · {counted(report.objects, 'object')}" if annotations in ("labels", "labelme") else ""
        before = f" · {counted(report.skipped, 'tile')} there already" if report.skipped else ""
        click.echo(f"{counted(report.tiles, 'tile')} predicted in {report.folder}{found}{before}")
    if report.failed:
        return SOME_FAILED if done else NOTHING_DONE
    return 0
