"""What every layout can do: say what it needs, where files go, and what stands in those beside the tiles."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from napari_tiles_creator.geometry.objects import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.objects import TileAnnotations

SPLITS = ("train", "val", "test")
MaskFormat = Literal["tif", "png", "tile"]


@dataclass(frozen=True, slots=True)
class TilePlace:
    """What a tile's path is made of.

    Parameters
    ----------
    name : str
        Name of the tile, without extension.
    extension : str
        Extension with its dot.
    split : str
        ``train``, ``val``, ``test``, or empty without a split.
    label : str
        Name of the tile's class, empty where it has none.
    """

    name: str
    extension: str
    split: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What an export would give a layout, as the plan knows it.

    Parameters
    ----------
    format : str
        Of the tiles: ``tif``, ``png``, ``jpg``.
    dtypes : frozenset of str
        Types of the tiles.
    axes : frozenset of str
        Axes of the tiles: ``YX``, ``CYX``, ``YXS``.
    samples : frozenset of int
        Samples a pixel of the tiles has.
    size : (int, int)
        Height and width of the tiles, px.
    is_ragged : bool
        Whether tiles at the border may be smaller.
    annotated : bool
        Whether there are annotations.
    has_shapes : bool
        Whether they tell the shapes of objects: label images and polygons do, boxes do not.
    classes : tuple of str
        Names of the classes, in index order.
    splits : tuple of str
        The splits that get tiles, in the order of `SPLITS`; empty without a split.
    empty_tiles : str or float
        The recipe's ``annotations.empty_tiles``.
    values : (float, float)
        What tiles are normalized to; ``(-inf, inf)`` where they keep their values.
    """

    format: str
    dtypes: frozenset[str]
    axes: frozenset[str]
    samples: frozenset[int]
    size: tuple[int, int]
    is_ragged: bool
    annotated: bool
    has_shapes: bool
    classes: tuple[str, ...]
    splits: tuple[str, ...]
    empty_tiles: str | float
    values: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a layout cannot take what is offered, and the field of the recipe that can mend it.

    The reason begins with what is wrong and ends with what to do; the caller puts the layout's name before it.
    """

    reason: str
    field: str = "export.layout"


@dataclass(frozen=True, slots=True)
class WrittenObject:
    """One object of a tile, as the finished dataset lists it; all numbers as in `SeenObject`, bounds in tile px."""

    number: int
    source_number: int
    class_number: int
    y: float
    x: float
    height: float
    width: float
    area: float
    visible: float
    is_cut: bool
    segmentation: str = ""


@dataclass(frozen=True, slots=True)
class WrittenTile:
    """One tile of the finished dataset: its path relative to the dataset, and what it holds."""

    path: str
    height: int
    width: int
    split: str
    source: str
    y: int
    x: int
    objects: Sequence[WrittenObject] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """A dataset whose tiles are all written, for the files that tell of all of them.

    Parameters
    ----------
    tiles : iterable of WrittenTile
        In plan order; may be iterated several times, each time read anew.
    classes : tuple of str
        Names of the classes.
    splits : tuple of str
        The splits, in the order of `SPLITS`; empty without a split.
    samples : int
        Samples a pixel of the tiles has.
    """

    tiles: Iterable[WrittenTile]
    classes: tuple[str, ...]
    splits: tuple[str, ...]
    samples: int


class Layout(ABC):
    """The folder form that a consumer expects.

    Attributes
    ----------
    wanted : Wanted
        What it needs of a tile's annotations.
    mask_format : {"tif", "png", "tile"} or None
        Format of the mask beside each tile, ``tile`` for that of the tiles; None where there is none.
    masks_need_shapes : bool
        Whether masks, runs and outlines are neither asked for nor written where only boxes are known; else boxes
        are filled.
    keeps_empty : bool
        Whether tiles without an object are written where ``annotations.empty_tiles`` is ``auto``.
    keeps_segmentation : bool
        Whether `shared_files` needs the objects of each tile, and what `segmentation` returned of them.
    """

    wanted: ClassVar[Wanted] = Wanted()
    mask_format: ClassVar[MaskFormat | None] = None
    masks_need_shapes: ClassVar[bool] = False
    keeps_empty: ClassVar[bool] = True
    keeps_segmentation: ClassVar[bool] = False

    @abstractmethod
    def tile_path(self, place: TilePlace) -> str:
        """Return a tile's path relative to the export folder, with forward slashes."""

    def refusal(self, offer: Offer) -> Refusal | None:
        """Return why such tiles cannot be taken, None where they can."""
        return None

    def objection(self, pixels: NDArray[Any], annotations: TileAnnotations) -> str:
        """Return why one tile cannot be taken, whatever ``annotations.empty_tiles`` says; empty where it can."""
        return ""

    def label(self, annotations: TileAnnotations, classes: Sequence[str]) -> str:
        """Return the name of a tile's class, for layouts that have a folder a class; empty for all others."""
        return ""

    def mask_path(self, place: TilePlace) -> str:
        """Return the path of a tile's mask; only asked for where there is a `mask_format`."""
        return ""

    def mask(self, annotations: TileAnnotations) -> NDArray[Any] | None:
        """Return a tile's mask, array (y, x) of the type that is written, None for no file; see `mask_path`."""
        return None

    def text_path(self, place: TilePlace) -> str:
        """Return the path of the text beside a tile, empty where there is none."""
        return ""

    def text(self, annotations: TileAnnotations, shape: tuple[int, int]) -> str | None:
        """Return the text beside a tile of this height and width (padding included), None for no file at all."""
        return None

    def segmentation(self, annotations: TileAnnotations, number: int) -> str:
        """Return what `shared_files` needs to know of an object's shape, as text; empty for nothing."""
        return ""

    def shared_files(self, dataset: Finished) -> Iterator[tuple[str, Iterable[str]]]:
        """Yield path and text, in parts, of each file that tells of all tiles."""
        yield from ()
