"""Cut, predict and merge in one go: whole images are segmented, and no tile is kept.

`segment_steps` is for files and folders, `segment_plan_steps` for a plan that is made already, such as one of the
layers of napari::

    request = SegmentRequest(model="otsu", output=None, at="source")   # output=None: arrays in memory
    report = yield from segment_plan_steps(plan, request)              # Warned | Progress on the way
    for image in report.images:                                        # Segmented: see its docstring
        viewer.add_labels(image.pixels)                                # (t, z, y, x), of those that are there

With an output folder and ``format="zarr"`` or ``"tif"``, ``image.files[0]`` is an image in several sizes that can be
opened lazily, of any size. The plan's filters, split and annotations are left aside: whole images are segmented.
"""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.back.going_on import with_way_on
from napari_tiles_creator.engine.pixels.tile_maker import TileMaker
from napari_tiles_creator.engine.planning.plan import Failure
from napari_tiles_creator.engine.predicting.models.thresholds import threshold_notes
from napari_tiles_creator.engine.segmenting.cutting import every_pixel, form_of
from napari_tiles_creator.engine.segmenting.fitting import fitting_steps
from napari_tiles_creator.engine.segmenting.image_steps import ImageJob, probability_steps
from napari_tiles_creator.engine.segmenting.outcomes import check_format, images_to_do, refuse_forms
from napari_tiles_creator.engine.segmenting.predictions import NoSuchClassError
from napari_tiles_creator.engine.segmenting.request import SegmentReport
from napari_tiles_creator.engine.segmenting.target import check_output
from napari_tiles_creator.engine.segmenting.whole import plan_of_whole, whole_notes, whole_plan
from napari_tiles_creator.engine.steps import Progress, Warned, passed_on
from napari_tiles_creator.errors import ExportError, ModelError, PlanError, SourceError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from napari_tiles_creator.engine.pixels.measure import Range
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.engine.predicting.models.base import Model
    from napari_tiles_creator.engine.segmenting.request import Segmented, SegmentRequest
    from napari_tiles_creator.engine.steps import Step

# Of the way to the result, what it takes to fit a model that looks at a whole image first.
FITTED = 0.3
# Steps that progress within an image is counted in.
WHOLE = 1_000_000


def segment_steps(request: SegmentRequest) -> Generator[Warned | Progress, None, SegmentReport]:
    """Segment all images that the request's recipe means.

    A result appears under its name when it is whole, and nothing is ever overwritten.

    Yields
    ------
    Warned or Progress
        Warnings first; pixels are counted over all planes of all images.

    Raises
    ------
    TilesError
        If nothing can be done at all: the recipe, the model or the output folder cannot be used, or the disk is full.
        An image that fails is named in the report, and the others go on.
    """
    if request.recipe is None:
        raise PlanError("no recipe says which images are to be segmented")
    check_format(request)
    check_output(request.output, request.recipe.media)
    for note in whole_notes(request.recipe):
        yield Warned(note)
    plan = plan_of_whole(request.recipe)
    for message in plan.warnings:
        yield Warned(message)
    return (yield from _plan_steps(plan, request))


def segment_plan_steps(plan: Plan, request: SegmentRequest) -> Generator[Warned | Progress, None, SegmentReport]:
    """Segment the images of a plan; see `segment_steps`. The request's recipe does not matter."""
    for note in whole_notes(plan.recipe):
        yield Warned(note)
    return (yield from _plan_steps(whole_plan(plan), request))


def _plan_steps(plan: Plan, request: SegmentRequest) -> Generator[Warned | Progress, None, SegmentReport]:
    check_format(request)
    todo = images_to_do(request, plan.images)
    there = {image.name for image in plan.images} - {image.name for image in todo}
    skipped = tuple(image.name for image in plan.images if image.name in there)
    done_px, failed = 0, list(plan.failed)
    if not todo:
        return SegmentReport((), tuple(failed), skipped)
    refuse_forms(request, todo)
    model = _loaded(request)
    _refuse_all(plan, todo, model)
    total_px = sum(_pixels(image) for image in todo)
    images: list[Segmented] = []
    shared: list[Sequence[Range]] = []
    notes: set[str] = set()
    for image in todo:
        counted = partial(_counted, done_px, total_px, _pixels(image), notes)
        steps: Generator[Step, None, Segmented] = passed_on(_image_steps(plan, image, model, request, shared), counted)
        try:
            images.append((yield from steps))
        except ExportError as error:
            told = with_way_on(error)
            if told is None:
                raise
            raise told from error
        except (SourceError, ModelError, PlanError) as error:
            if isinstance(error, NoSuchClassError) and not images:  # it is none of the other images' either
                raise
            failed.append(Failure(image.name, str(error)))
        done_px += _pixels(image)
    return SegmentReport(tuple(images), tuple(failed), skipped)


def _counted(done_px: int, total_px: int, image_px: int, notes: set[str], step: Step) -> Step | None:
    """Return a step of an image as one of all images; None for what was told of another one."""
    if isinstance(step, Progress):
        return Progress(done_px + image_px * step.done_px // max(1, step.total_px), total_px)
    if step.message in notes:
        return None
    notes.add(step.message)
    return step


def _refuse_all(plan: Plan, images: Sequence[ImagePlan], model: Model) -> None:
    """Raise ModelError, with the first reason, if the model cannot take the tiles of any of the images."""
    reasons = []
    for image in images:
        try:
            model.check(form_of(plan.recipe, image))
        except ModelError as error:
            reasons.append(error)
        else:
            return
    if reasons:
        raise reasons[0]


def _image_steps(
    plan: Plan, image: ImagePlan, model: Model, request: SegmentRequest, shared: list[Sequence[Range]]
) -> Generator[Warned | Progress, None, Segmented]:
    """Segment an image; `shared` keeps the ranges that all images have in common, once they are known."""
    form = form_of(plan.recipe, image)
    model.check(form)
    ranges = shared[0] if shared else None
    with closing(TileMaker(plan, image, request.memory_bytes // 2, ranges=ranges)) as maker:
        for _ in maker.prepare():
            yield Progress(0, 1)
        if plan.recipe.normalization.scope == "dataset" and maker.ranges is not None:
            shared[:] = [maker.ranges]
        fitted, looked = yield from _fitted(model, maker, request)
        for note in (*threshold_notes(fitted, form.channels == 3), *_idle_options(request, fitted)):
            yield Warned(note)
        job = ImageJob(request, maker, fitted, form)
        if job.model.gives == "labels":
            from napari_tiles_creator.engine.segmenting.label_steps import label_steps

            return (yield from _after(looked, label_steps(job)))
        return (yield from _after(looked, probability_steps(job)))


def _idle_options(request: SegmentRequest, model: Model) -> Iterator[str]:
    """Yield which options have no effect with what the model gives; known once it is fitted."""
    if model.gives == "labels" and request.probabilities:
        yield f"{model.spec} gives numbered objects and no probabilities: none are written"
    rule = request.rule
    if model.gives != "labels" and rule is not None and (rule.min_area_px or rule.hull or rule.smooth_px):
        yield f"{model.spec} gives no numbered objects: --min-area, --hull and --smooth have no effect"


def _fitted(model: Model, maker: TileMaker, request: SegmentRequest) -> Generator[Progress, None, tuple[Model, float]]:
    """Return the model fitted to an image, and the share of the way that was."""
    looked = 0.0

    def of_all(share: float) -> Progress:
        nonlocal looked
        looked = FITTED * share
        return Progress(int(looked * WHOLE), WHOLE)

    pixels = partial(every_pixel, maker, request.threads)
    fitted = yield from passed_on(fitting_steps(model, pixels, len(maker.image)), of_all)
    return fitted, looked


def _after(looked: float, steps: Generator[Progress, None, Segmented]) -> Generator[Progress, None, Segmented]:
    """Pass progress on as that of the rest of the way."""

    def of_all(step: Progress) -> Progress:
        share = looked + (1 - looked) * step.done_px / max(1, step.total_px)
        return Progress(round(share * WHOLE), WHOLE)

    return passed_on(steps, of_all)


def _loaded(request: SegmentRequest) -> Model:
    if not isinstance(request.model, str):
        return request.model
    from napari_tiles_creator.engine.predicting.models.registry import load_model

    return load_model(request.model, allow_code=request.allow_code, batch=request.batch, workers=request.threads)


def _pixels(image: ImagePlan) -> int:
    return len(image.planes) * image.shape[0] * image.shape[1]
