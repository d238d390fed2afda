"""What it costs to cut annotations with tiles: time against objects and against tiles, in one run.

    python benchmarks/annotation_rate.py [--objects 100000] [--tiles 10000] [--size 256] [--overlap 64]

Round objects on a plane, cut as a label image (`LabelPlane`, with maps of instances) and as polygons (`VectorPlane`,
with outlines); seconds of the processor.

1. Objects and tiles grow together, the plane with them: the cost of a tile stays what it is.
2. All tiles of one plane with ever more objects on it, and ever more tiles of the plane with all objects: at most
   proportional in either.
3. Beside naive ways on small planes, which cost the product: the regions of every crop, each compared with all of its
   label in the whole array; every polygon cut with every tile.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np
import shapely
from skimage.measure import regionprops

from napari_tiles_creator import TileGrid
from napari_tiles_creator.annotations.drawn_objects import DrawnObjects
from napari_tiles_creator.annotations.label_plane import LabelPlane
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.objects import BorderRule, Wanted

RULE = BorderRule()
CUT = {"labels": Wanted(instances=True), "polygons": Wanted(outlines=True)}


@dataclass(frozen=True)
class Scene:
    """Round objects in the cells of a square grid, and the tiles over them."""

    side: int
    centres: np.ndarray  # (n, 2), y and x
    radii: np.ndarray
    grid: TileGrid

    @classmethod
    def of(cls, objects: int, tiles: int, size: int, overlap: int, cells: int = 0) -> Scene:
        """Return a scene with so many tiles, and objects in as many cells, or in some of more cells."""
        rng = np.random.default_rng(0)
        across = round(tiles**0.5)
        side = (across - 1) * (size - overlap) + size
        columns = int(np.ceil((cells or objects) ** 0.5))
        spacing = side / columns
        chosen = rng.permutation(columns**2)[:objects]
        centres = (np.stack(np.divmod(chosen, columns), axis=1) + 0.5) * spacing
        return cls(side, centres, rng.uniform(0.2, 0.45, objects) * spacing, TileGrid((side, side), size, overlap))

    def bands(self, rows: int = 256):
        """Yield the label image from top to bottom."""
        first, stop = self.centres[:, 0] - self.radii, self.centres[:, 0] + self.radii
        order = np.argsort(first)
        for y in range(0, self.side, rows):
            band = np.zeros((min(rows, self.side - y), self.side), np.uint32)
            near = order[: np.searchsorted(first[order], y + rows)]
            for k in near[stop[near] > y]:
                draw(band, y, self.centres[k], self.radii[k], k + 1)
            yield band

    def polygons(self) -> DrawnObjects:
        """Return the same objects as polygons of 32 points."""
        return DrawnObjects.of(shapely.buffer(shapely.points(self.centres[:, ::-1]), self.radii, quad_segs=8))


def draw(band, top, centre, radius, value):
    """Draw what a band shows of a disc."""
    y, y_stop = (int(np.clip(centre[0] - top + side, 0, len(band))) for side in (-radius, radius + 1))
    x, x_stop = (int(np.clip(centre[1] + side, 0, band.shape[1])) for side in (-radius, radius + 1))
    dy = np.arange(y, y_stop)[:, None] + 0.5 + top - centre[0]
    dx = np.arange(x, x_stop) + 0.5 - centre[1]
    band[y:y_stop, x:x_stop][dy**2 + dx**2 < radius**2] = value


def planes(scene: Scene):
    """Return both planes and how long each took to make, s."""
    drawing = 0.0

    def drawn():
        nonlocal drawing
        bands = scene.bands()
        while True:
            begin = time.process_time()
            band = next(bands, None)
            drawing += time.process_time() - begin
            if band is None:
                return
            yield band
            del band

    start = time.process_time()
    labels = LabelPlane.of_bands((scene.side, scene.side), drawn(), "instances")
    made = time.process_time() - start - drawing
    objects = scene.polygons()
    start = time.process_time()
    vectors = objects.plane((scene.side, scene.side), (scene.side, scene.side))
    return {"labels": (labels, made), "polygons": (vectors, time.process_time() - start)}


def cut(plane, boxes: list[Box], wanted: Wanted) -> tuple[float, int]:
    """Return how long all boxes take, s, and how many objects they show."""
    start = time.process_time()
    shown = sum(len(plane.cut(box, (0, 0), "constant", wanted, RULE).objects) for box in boxes)
    return time.process_time() - start, shown


def counted(plane, boxes: list[Box]) -> float:
    """Return how long it takes to count the objects of all boxes, s."""
    start = time.process_time()
    plane.counts(np.array([(box.y, box.x, box.y_stop, box.x_stop) for box in boxes]), RULE)
    return time.process_time() - start


def naive_labels(labels: np.ndarray, boxes: list[Box]) -> float:
    """Return how long it takes to find all regions of each crop, and whether they are whole, s."""
    start = time.process_time()
    for box in boxes:
        crop = labels[box.slices]
        seen = regionprops(crop)
        _ = [(one.label, one.bbox, one.area / np.count_nonzero(labels == one.label)) for one in seen]
    return time.process_time() - start


def naive_polygons(polygons: np.ndarray, boxes: list[Box]) -> float:
    """Return how long it takes to cut every polygon with every tile, s."""
    start = time.process_time()
    for box in boxes:
        parts = shapely.intersection(polygons, shapely.box(box.x, box.y, box.x_stop, box.y_stop))
        _ = parts[~shapely.is_empty(parts)]
    return time.process_time() - start


def line(kind: str, objects: int, tiles: int, seconds: float, shown: int, counting: float) -> None:
    each = f"{seconds / tiles * 1e3:6.2f} ms a tile {seconds / max(1, shown) * 1e6:5.0f} µs an object shown"
    what = f"{kind:8} {objects:>7,} objects {tiles:>6,} tiles"
    print(f"{what} {seconds:7.2f} s {each}   counts {counting:5.2f} s", flush=True)


def grow_together(settings) -> None:
    print("1. objects and tiles grow together")
    for share in (100, 10, 1):
        objects, tiles = settings.objects // share, settings.tiles // share
        scene = Scene.of(objects, tiles, settings.size, settings.overlap)
        boxes = [tile.box for tile in scene.grid]
        for kind, (plane, made) in planes(scene).items():
            line(kind, objects, len(boxes), *cut(plane, boxes, CUT[kind]), counted(plane, boxes))
            print(f"         made in {made:.2f} s", flush=True)


def grow_apart(settings) -> None:
    print("2. one plane: more objects on it, then more of its tiles")
    for few in (10, 3, 1):
        scene = Scene.of(settings.objects // few, settings.tiles, settings.size, settings.overlap, settings.objects)
        boxes = [tile.box for tile in scene.grid]
        some = [boxes[k] for k in np.random.default_rng(1).permutation(len(boxes))]
        both = planes(scene)
        for part in (10, 3, 1) if few == 1 else (1,):
            chosen = some[: len(some) // part]
            for kind, (plane, _) in both.items():
                objects = settings.objects // few
                line(kind, objects, len(chosen), *cut(plane, chosen, CUT[kind]), counted(plane, chosen))


def beside_naive_ways(settings) -> None:
    print("3. beside naive ways")
    for objects, tiles in ((250, 25), (1000, 100), (4000, 400)):
        scene = Scene.of(objects, tiles, settings.size, settings.overlap)
        boxes = [tile.box for tile in scene.grid]
        labels, polygons = np.concatenate(list(scene.bands())), scene.polygons().geometries
        both = planes(scene)
        naive = {
            "labels": naive_labels(labels, boxes) if objects <= 1000 else None,
            "polygons": naive_polygons(polygons, boxes),
        }
        for kind, (plane, made) in both.items():
            seconds = made + cut(plane, boxes, CUT[kind])[0]
            told = "" if naive[kind] is None else f"   naive {naive[kind]:7.2f} s   {naive[kind] / seconds:6.1f}x"
            print(f"{kind:8} {objects:>7,} objects {tiles:>6,} tiles  {seconds:7.2f} s{told}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--tiles", type=int, default=10_000)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--overlap", type=int, default=64)
    settings = parser.parse_args()
    beside_naive_ways(settings)
    grow_together(settings)
    grow_apart(settings)


if __name__ == "__main__":
    main()
