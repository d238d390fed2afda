"""Where pixels lie in napari's world.

napari puts the centre of pixel (0, 0) at 0, so that pixel rows y0…y1 - 1 are drawn from y0 - 0.5 to y1 - 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.geometry.pixel_size import PixelSize

Rows = tuple[tuple[float, ...], ...]
NO_ROTATION: Rows = ((1.0, 0.0), (0.0, 1.0))
NO_AFFINE: Rows = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class Placement:
    """How the pixels of a plane lie in the world; the transforms follow each other as in napari's layers.

    Parameters
    ----------
    scale : tuple of float
        World units per pixel along y and x.
    translate : tuple of float
        World position of the centre of pixel (0, 0), before `affine`.
    unit : str
        ``"µm"``, or ``"pixel"`` where the pixel size is not known.
    rotate : tuple of rows
        Rotation matrix.
    shear : float
        Shear of y by x.
    affine : tuple of rows
        Transform on top of the others, homogeneous.
    """

    scale: tuple[float, float]
    translate: tuple[float, float]
    unit: str
    rotate: Rows = NO_ROTATION
    shear: float = 0.0
    affine: Rows = NO_AFFINE

    @classmethod
    def of(cls, layer: Any) -> Placement:
        """Return how the pixels of the last two axes of a layer lie."""
        affine = np.eye(3)
        affine[:2] = np.asarray(layer.affine.affine_matrix)[np.ix_([-3, -2], [-3, -2, -1])]
        return cls(
            _pair(layer.scale),
            _pair(layer.translate),
            str(layer.units[-1]),
            _rows(np.asarray(layer.rotate)[-2:, -2:]),
            float(layer.shear[-1]),
            _rows(affine),
        )

    def moved(self, y: float, x: float) -> Placement:
        """Return the placement of pixels that begin so many pixels further down and right."""
        return replace(self, translate=_pair(np.array(self.translate) + self._linear @ (y, x)))

    @property
    def pixel_sides(self) -> tuple[float, float]:
        """Height and width of a pixel, world units of the layer."""
        sides = np.linalg.norm(np.array(self.affine)[:2, :2] @ self._linear, axis=0)
        return float(sides[0]), float(sides[1])

    @property
    def matrix(self) -> NDArray[np.float64]:
        """From pixels to the world, homogeneous, array (3, 3)."""
        inner = np.eye(3)
        inner[:2, :2], inner[:2, 2] = self._linear, self.translate
        return np.array(self.affine) @ inner

    @property
    def _linear(self) -> NDArray[np.float64]:
        sheared = np.array([[1.0, self.shear], [0.0, 1.0]]) @ np.diag(self.scale)
        return np.asarray(np.array(self.rotate) @ sheared)

    def resampled(self, y: float, x: float) -> Placement:
        """Return the placement of pixels each as large as so many of these, that begin at the same corner."""
        placed = self.moved((y - 1) / 2, (x - 1) / 2)
        return replace(placed, scale=(self.scale[0] * y, self.scale[1] * x))

    def settings(self, axes: int = 2) -> dict[str, Any]:
        """Return the settings of a layer of so many axes, the last two of which are y and x."""
        more = axes - 2
        rotate, affine = np.eye(axes), np.eye(axes + 1)
        rotate[more:, more:] = self.rotate
        affine[more:, more:] = self.affine
        return {
            "scale": (1.0,) * more + self.scale,
            "translate": (0.0,) * more + self.translate,
            "rotate": rotate,
            "shear": np.array([0.0] * (axes * (axes - 1) // 2 - 1) + [self.shear]),
            "affine": affine,
            "units": ("pixel",) * more + (self.unit, self.unit),
        }


def place(layer: Any, placement: Placement) -> None:
    """Put a layer where its pixels belong; sets only what differs, since napari redraws for each."""
    for name, value in placement.settings(layer.ndim).items():
        if name == "units":
            if not in_unit(layer, value[-1]):
                layer.units = value
        elif not np.array_equal(layer.affine.affine_matrix if name == "affine" else getattr(layer, name), value):
            setattr(layer, name, value)


def in_unit(layer: Any, unit: str) -> bool:
    """Tell whether rows and columns of a layer are measured in a unit."""
    (wanted,) = _units((unit,))
    return all(str(old) == str(wanted) for old in layer.units[-2:])


def image_placement(image: ImagePlan, layer: Any = None) -> Placement:
    """Return where the source's pixels lie: the first one's centre at 0, or as in the layer they come from.

    Parameters
    ----------
    image : ImagePlan
        The image.
    layer : napari layer, optional
        The user's layer whose pixels the image is.
    """
    if layer is not None:
        return Placement.of(layer)
    return file_placement(image.pixel_size)


def file_placement(size: PixelSize | None) -> Placement:
    """Return where the pixels of a file lie, by their size: the first one's centre at 0."""
    return Placement((size.y_um, size.x_um) if size else (1.0, 1.0), (0.0, 0.0), "µm" if size else "pixel")


def tile_placement(image: ImagePlan, layer: Any = None) -> Placement:
    """Return where calibrated pixels lie: both images begin at the same corner, so their centres are offset."""
    return image_placement(image, layer=layer).resampled(1 / image.scale[0], 1 / image.scale[1])


def world_units(viewer: Any, unit: str) -> float:
    """Return how many of the viewer's units one of a layer's is: napari shows all in the smallest of them."""
    shown = viewer.layers.units
    if not shown:
        return 1.0
    import pint

    try:
        return float(pint.get_application_registry().convert(1.0, unit, shown[-1]))
    except pint.DimensionalityError:  # napari shows such layers as if they had one unit
        return 1.0


def screen_pixels(viewer: Any, placement: Placement) -> tuple[float, float]:
    """Return height and width of a pixel of a layer on the screen, px."""
    zoom = viewer.scene.camera.zoom * world_units(viewer, placement.unit)
    height, width = placement.pixel_sides
    return float(zoom * height), float(zoom * width)


def line_width(viewer: Any, placement: Placement, screen_px: float) -> float:
    """Return the width in pixels of a layer that is so many pixels of the screen."""
    return screen_px / min(screen_pixels(viewer, placement))


def source_points(viewer: Any, placement: Placement, world: NDArray[np.float64], unit: str) -> NDArray[np.float64]:
    """Return where points of the world lie in a plane, pixel corners on integers; array (n, [y, x]).

    Parameters
    ----------
    viewer : napari viewer
        Its layers' units say how lengths compare.
    placement : Placement
        Of the plane.
    world : array (n, [y, x])
        Points, in `unit`.
    unit : str
        Of the points.
    """
    points = np.asarray(world, np.float64) * world_units(viewer, unit) / world_units(viewer, placement.unit)
    inverse = np.linalg.inv(placement.matrix)
    return np.asarray(points @ inverse[:2, :2].T + inverse[:2, 2] + 0.5)


def _units(names: tuple[str, ...]) -> tuple[Any, ...]:
    import pint

    registry = pint.get_application_registry()
    return tuple(registry.Unit(name) for name in names)


def _pair(values: Any) -> tuple[float, float]:
    return float(values[-2]), float(values[-1])


def _rows(matrix: Any) -> Rows:
    return tuple(tuple(float(value) for value in row) for row in matrix)
