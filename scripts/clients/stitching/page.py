"""The page of comparisons: tables, how each program was driven, and what the figures say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stitching.rows import COUNT_APART, IOU_APART

if TYPE_CHECKING:
    from stitching.rows import MapRow, ObjectRow

HEAD = """# Stitching, compared

What `merge` makes of overlapping tiles, beside the programs that are known for it, on fields whose truth is known.
`make clients` draws the fields, gives every program the same tiles, runs each in a virtual environment of its own and
writes this page; it fails where ours is not at least as good. Compared were
{versions}.

**Fields.** Star-shaped cells, apart or pressed against each other, all smaller than the overlap; and fields of all
sizes with cells larger than a tile and curved processes across several tiles. They are cut into tiles of 512 px that
share 128, and of 256 px that share 64. A simulated network segments each tile: outlines are off by 0.7 px as a
standard deviation, and by 3 px more at a side where the image goes on; of the objects cut there that reach no deeper
than the overlap 8 % are missed, 8 % split in two, 10 % end a few px short of the side; ids are of each tile alone.
Boxes are those of the same labels, in two classes, with scores of 0.5 to 1, of what is cut 0.2 less. Probability maps
are off by 0.01 everywhere, near such sides by up to half, falling to a third every 12 px.

**Measures.** Two objects are the same where they share at least half of their union. F1 is of the objects found that
way; *IoU, matched* is the mean of those, *IoU, all* the mean over all true objects with 0 for those that nothing
matches. *Ours at least as good* means: the count is as close to the truth and F1 as high ({count:.1%} less is equal),
and IoU of all as high ({iou} apart is equal: which of two good outlines is taken is chance).

## Labels

"""
DRIVEN_LABELS = """
- **ours**: `tiles-creator merge --kind labels` as it comes: containment of at least 0.5.
- **StarDist**: the loop of `predict_instances_big`, with the tiles' labels for those of its network: its
  `BlockND.cover`, `crop_context`, `filter_objects`, `relabel_sequential` and `write`. An eighth of the overlap on each
  side is context, several times as deep as the errors; the rest is `min_overlap`. It takes whole objects from the one
  block that is responsible for them, and says that objects must be smaller than `min_overlap`: where it meets a larger
  one it stops.
- **Cellpose, faces**: `cellpose.contrib.distributed_segmentation` after its network: `remove_overlaps`,
  `global_segment_ids`, `block_faces`, `determine_merge_relabeling`. Blocks meet in the middle of the overlap, which
  leaves each 64 or 32 px of context (its own choice is twice the cells' diameter). It joins ids that face each other
  across a border after shrinking both by a pixel, so what is narrow there stays two.
- **Cellpose, stitch3D**: `cellpose.utils.stitch3D` with its threshold of 0.25, as people use it for tiles: the zone
  that two neighbours share is given to it as two planes, matched ids are joined, and each pixel is taken from the tile
  that owns it. Cellpose itself has it for the planes of a volume; the joining and painting is the script's. In one
  image of a usual size Cellpose averages its flows over overlapping tiles before it makes masks, and stitches nothing.

## Boxes

"""
DRIVEN_BOXES = """
- **ours**: `tiles-creator merge --kind detections` as it comes: intersection over the smaller area, at least 0.5.
- **sahi**: its three ways to postprocess sliced predictions, with the settings of `get_sliced_prediction`:
  intersection over the smaller area ("IOS") of at least 0.5, within a class. GREEDYNMM is its default. It knows boxes
  and scores, not which tile they are from nor what its border cuts.

## Values

"""
DRIVEN_MAPS = """
- *Seam* is the largest step of the error between two neighbouring lines of pixels, the mean along the line; 0.011 is
  the noise within a tile. *Off an even value* is what becomes of tiles that are 0.37 everywhere.
- **tiler**: `Merger` with each of its windows but `overlap-tile`, which needs tiles that reach beyond the image.
- For every measure the best of ours must be as good as tiler's best (2 % apart is equal), and every blend must keep an
  even value.

## What the figures say

"""
SAID = """
With labels, StarDist takes an object from the one block that is responsible, whatever that block made of it, and is off
in up to 6 of 1,000; what is larger than its overlap it cannot do. Cellpose's faces leave cells in two that meet a
block's border at their rim. `stitch3D`, with each pixel from the tile that owns it, is as good as ours where cells are
small beside the overlap, and counts 2 or 3 objects too many where some are long. With boxes, sahi takes a
small cell beside a large one, whose box it lies in, for the same; draws the box around all copies, wrong ones included;
and leaves pieces of what is larger than the overlap. There ours errs, too: of a long process that crosses tiles
aslant, boxes do not tell which parts belong together; outlines do. With values, windows that fall to their ends are as
good as ours. Those of tiler that reach 0 there lose the border of the image; its windows fall over the whole tile, so
with little overlap its `hann` has a smaller mean error than ours, which falls over the overlap alone, and `gaussian` is
the one to compare. `mean` and `max` have seams, with either.
"""
_COLUMNS = ("field", "tiles / overlap", "program", "objects", "precision", "recall", "F1")
OBJECT_COLUMNS = (*_COLUMNS, "IoU, matched", "IoU, all", "ours at least as good")
_COLUMNS = ("tiles / overlap", "program, window", "worst error", "mean error", "seam")
MAP_COLUMNS = (*_COLUMNS, "off an even value", "objects above 0.5", "IoU, all")
# As close as two sums of the same noise come.
MAP_APART = 1.02
KEPT = 1e-6


def written(
    labels: list[ObjectRow], boxes: list[ObjectRow], maps: list[MapRow], versions: str
) -> tuple[str, list[str]]:
    """Return the page, and where ours is not as good."""
    head = HEAD.format(versions=versions, count=COUNT_APART, iou=IOU_APART)
    failed = [f"{_place(row)}: {', '.join(row.behind)}" for row in labels + boxes if row.behind] + behind(maps)
    objects = _table(OBJECT_COLUMNS, labels) + DRIVEN_LABELS + _table(OBJECT_COLUMNS, boxes) + DRIVEN_BOXES
    values = _table(MAP_COLUMNS, maps) + DRIVEN_MAPS
    return head + objects + values + verdict(labels, boxes, failed), failed


def _table(columns: tuple[str, ...], rows: list[ObjectRow] | list[MapRow]) -> str:
    head = f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}\n"
    return head + "".join(f"{row}\n" for row in rows)


def behind(maps: list[MapRow]) -> list[str]:
    """Return in what the best blend of ours is not as good as tiler's best window, and blends that are uneven."""
    failed = [f"{row.program}, {row.tiles}: an even value" for row in maps if _is_ours(row) and row.uneven > KEPT]
    for tiles in sorted({row.tiles for row in maps}):
        ours = [row for row in maps if row.tiles == tiles and _is_ours(row)]
        theirs = [row for row in maps if row.tiles == tiles and not _is_ours(row)]
        for measure in ("worst", "mean", "seam"):
            best, other = (min(getattr(row, measure) for row in rows) for rows in (ours, theirs))
            if best > other * MAP_APART:
                failed.append(f"maps, {tiles}: {measure} {best:.5f} against {other:.5f}")
        if min(row.score.miscounted for row in ours) > min(row.score.miscounted for row in theirs):
            failed.append(f"maps, {tiles}: count")
        if max(row.score.iou for row in ours) < max(row.score.iou for row in theirs) - IOU_APART:
            failed.append(f"maps, {tiles}: IoU")
    return failed


def _is_ours(row: MapRow) -> bool:
    return row.program.startswith("ours")


def verdict(labels: list[ObjectRow], boxes: list[ObjectRow], failed: list[str]) -> str:
    """Return what came out, where the others are better included."""
    against = [row for row in labels + boxes if row.ours is not None and row.score is not None]
    refused = sum(row.score is None for row in labels + boxes)
    well = sum(not row.behind for row in against)
    text = f"Ours is at least as good in {well} of {len(against)} comparisons of objects; {refused} were refused.\n"
    text += SAID
    ahead = [f"{_place(row)}: {', '.join(better)}" for row in against if (better := _better(row))]
    for title, lines in (("Not as good", failed), ("Where another program is ahead, however little", ahead)):
        if lines:
            text += f"\n{title}:\n\n" + "".join(f"- {line}\n" for line in lines)
    return text


def _place(row: ObjectRow) -> str:
    return f"{row.program} on {row.field} ({row.tiles})"


def _better(row: ObjectRow) -> list[str]:
    """Return in what a peer's figures are the better ones, however little."""
    assert row.score is not None
    assert row.ours is not None
    theirs, ours = row.score, row.ours
    told = []
    if theirs.miscounted < ours.miscounted:
        told.append(f"a count off by {theirs.miscounted} instead of {ours.miscounted}")
    if theirs.f1 > ours.f1:
        told.append(f"F1 {theirs.f1:.4f} against {ours.f1:.4f}")
    if theirs.iou > ours.iou:
        told.append(f"IoU {theirs.iou:.4f} against {ours.iou:.4f}")
    return told
