"""Commands that look and write no dataset: scan, plan, preview, mosaic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from napari_tiles_creator.cli.options import (
    json_option,
    make_media,
    make_recipe,
    media_options,
    recipe_options,
    run_options,
)
from napari_tiles_creator.cli.picture import save_picture
from napari_tiles_creator.cli.show import bytes_text, complain, counted, print_json, print_table, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.engine.planning.scan import Scanned

SOME_FAILED, NOTHING_DONE = 1, 2


@click.command()
@media_options
@json_option
def scan(as_json: bool, **options: Any) -> int:
    """List the images in SOURCE: axes, shape, type, pixel size, problems. Reads headers only."""
    from napari_tiles_creator.engine.planning.scan import scan as scan_media

    found = []
    media = make_media(**options)
    for item in scan_media(media):
        found.append(item)
        if as_json:
            print_json(item.to_dict())
    problems = [item for item in found if item.problem]
    if not as_json:
        print_table(["image", "axes", "shape", "type", "#µm per px", "from"], [_scan_row(item) for item in found])
        click.echo(f"{counted(len(found) - len(problems), 'image')} in {media.folder}")
        for item in found:
            for note in item.info.notes if item.info else ():
                warn(f"{item.found.name}: {note}")
        for item in problems:
            complain(item.problem)
    if not found:
        more = "" if media.recursive else "; --recursive looks into its folders"
        warn(f"no image in {media.folder} fits {media.pattern!r}{more}")
    return SOME_FAILED if problems else 0


@click.command()
@recipe_options
@click.option("--measure", is_flag=True, help="Also read the pixels: apply filters on them, tell ranges of values.")
@run_options
@json_option
def plan(measure: bool, workers: int | None, memory: int, as_json: bool, **options: Any) -> int:
    """Tell what an export would write, without writing: tiles per image, totals, warnings."""
    from napari_tiles_creator.engine.planning.plan import make_plan

    planned = make_plan(make_recipe(**options))
    outlook = _measured(planned, memory, workers) if measure else _planned(planned)
    if as_json:
        print_json(outlook.to_dict())
    else:
        _show_outlook(planned, outlook)
    for message in outlook.warnings if not as_json else ():
        warn(message)
    for reason in outlook.failed.values() if not as_json else ():
        complain(reason)
    if not any(outlook.tiles.values()):
        return NOTHING_DONE
    return SOME_FAILED if outlook.failed else 0


@click.command()
@recipe_options
@click.option("--image", metavar="NAME", help="Which image; the first by default.")
@click.option("--picture", required=True, metavar="OUT.png", help="Where the picture goes.")
@run_options
def preview(image: str | None, picture: str, workers: int | None, memory: int, **options: Any) -> int:
    """Draw the cutting pattern on one image into a PNG picture."""
    from napari_tiles_creator.engine.pictures.preview import pattern_picture
    from napari_tiles_creator.engine.planning.plan import make_plan
    from napari_tiles_creator.engine.steps import default_workers
    from napari_tiles_creator.errors import PlanError

    planned = make_plan(make_recipe(**options))
    if not planned.images:
        raise PlanError("there is no tile to show: " + "; ".join(failure.reason for failure in planned.failed[:3]))
    chosen = planned.image(image) if image else planned.images[0]
    workers = workers or default_workers()
    save_picture(picture, pattern_picture(planned, chosen, hold_bytes=memory // 2, workers=workers))
    most = "at most " if planned.is_upper_bound else ""
    click.echo(f"{most}{counted(chosen.tiles, 'tile')} of {chosen.name} drawn in {picture}")
    return 0


@click.command()
@media_options
@click.option("--picture", required=True, metavar="OUT.png", help="Where the picture goes.")
@click.option("--count", default=25, show_default=True, type=click.IntRange(1), help="How many images at most.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed of the draw.")
def mosaic(picture: str, count: int, seed: int, **options: Any) -> int:
    """Show a random sample of the images in SOURCE side by side in a PNG picture."""
    from napari_tiles_creator.engine.pictures.mosaic import make_mosaic
    from napari_tiles_creator.engine.pictures.mosaic import picture as drawn
    from napari_tiles_creator.engine.planning.scan import scan as scan_media
    from napari_tiles_creator.errors import PlanError

    media = make_media(**options)
    scanned = list(scan_media(media))
    problems = [item.problem for item in scanned if item.problem]
    sample = make_mosaic([item for item in scanned if item.info], media, count=count, seed=seed)
    for reason in [*problems, *(failure.reason for failure in sample.failed)]:
        complain(reason)
    if not sample.thumbnails:
        raise PlanError(f"{media.folder}: there is no image to show")
    save_picture(picture, drawn(sample))
    click.echo(f"{counted(len(sample.thumbnails), 'image')} of {len(scanned)} shown in {picture}")
    return SOME_FAILED if problems or sample.failed else 0


def _scan_row(item: Scanned) -> Sequence[str]:
    info = item.info
    if info is None:
        return (item.found.name, "–", "–", "–", "–", "cannot be read")
    shape = " × ".join(str(length) for length in info.shape)
    size = str(info.pixel_size).replace(";", " × ") if info.pixel_size else "–"
    return (item.found.name, info.axes, shape, info.dtype.name, size, info.pixel_size_from)


@dataclass
class _Outlook:
    """What an export would write, as far as it is known: from headers alone, or from pixels, too."""

    tiles: dict[str, int]
    bytes: int
    duplicated_percent: float
    warnings: list[str]
    failed: dict[str, str]
    splits: dict[str, int]
    ranges: dict[str, list[list[float]]] | None = None

    @property
    def images(self) -> int:
        """Images that give tiles."""
        return sum(count > 0 for count in self.tiles.values())

    def to_dict(self) -> dict[str, Any]:
        """Return the line that ``plan --json`` prints."""
        line: dict[str, Any] = {
            "images": self.images,
            "tiles": sum(self.tiles.values()),
            "bytes": self.bytes,
            "duplicated_percent": self.duplicated_percent,
            "warnings": self.warnings,
            "failed": [{"source": source, "reason": reason} for source, reason in self.failed.items()],
        }
        if self.splits:
            line["splits"] = self.splits
        return line if self.ranges is None else line | {"ranges": self.ranges}


def _planned(plan: Plan) -> _Outlook:
    return _Outlook(
        tiles={image.name: image.tiles for image in plan.images},
        bytes=plan.bytes,
        duplicated_percent=plan.duplicated_percent,
        warnings=list(plan.warnings),
        failed={failure.source: failure.reason for failure in plan.failed},
        splits=plan.tiles_by_split,
    )


def _measured(plan: Plan, memory: int, workers: int | None) -> _Outlook:
    from napari_tiles_creator.engine.export.survey import survey
    from napari_tiles_creator.engine.steps import default_workers

    found = list(survey(plan, memory // 2, workers or default_workers()))
    good = [one for one in found if not one.problem]
    covered = sum(one.covered for one in good)
    outlook = _Outlook(
        tiles={one.image.name: one.tiles for one in good},
        bytes=sum(one.bytes for one in good),
        duplicated_percent=(sum(one.box_pixels for one in good) - covered) / covered * 100 if covered else 0.0,
        warnings=list(plan.warnings),
        failed={failure.source: failure.reason for failure in plan.failed}
        | {one.image.name: one.problem for one in found if one.problem},
        splits={split: sum(one.splits[split] for one in good) for split in plan.splits},
        ranges={one.image.name: [[found.low, found.high] for found in one.ranges] for one in good},
    )
    least = plan.recipe.tiling.min_foreground
    if good and least > 0 and not outlook.images:
        outlook.warnings.append(f"no tile has so much foreground (tiling.min_foreground {least:g})")
    return outlook


def _show_outlook(plan: Plan, outlook: _Outlook) -> None:
    columns = ["image", "#calibrated px", "#tiles", "type"] + (["range"] if outlook.ranges is not None else [])
    columns += ["split"] if outlook.splits else []
    rows = []
    for image in plan.images:
        if image.name not in outlook.tiles:
            continue
        shape = f"{image.shape[0]} × {image.shape[1]}"
        row = [image.name, shape, str(outlook.tiles[image.name]), image.dtype]
        if outlook.ranges is not None:
            row.append(", ".join(f"{low:g} to {high:g}" for low, high in outlook.ranges[image.name]))
        if outlook.splits:
            row.append(image.split or "blocks")
        rows.append(row)
    print_table(columns, rows)
    most = "at most " if plan.is_upper_bound and outlook.ranges is None else ""
    click.echo(
        f"{counted(outlook.images, 'image')} → {most}{counted(sum(outlook.tiles.values()), 'tile')} · "
        f"{bytes_text(outlook.bytes)} {plan.recipe.export.format} · "
        f"{outlook.duplicated_percent:.0f} % of the pixels duplicated"
    )
    if outlook.splits:
        click.echo(" · ".join(f"{split} {most}{counted(count, 'tile')}" for split, count in outlook.splits.items()))
