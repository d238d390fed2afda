"""The formats of whole images: which can hold what, and how each is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator.engine.back.outputs.tiled_output import TiledOutput
from napari_tiles_creator.engine.image_files import tiff_file

if TYPE_CHECKING:
    from pathlib import Path

    from napari_tiles_creator.engine.back.outputs.base import Output
    from napari_tiles_creator.engine.back.outputs.image_output import ImageForm
    from napari_tiles_creator.engine.image_files.layout import Layout, Target


def refusal(file_format: str, form: ImageForm) -> str | None:
    """Return why a format cannot hold an image, and which one can; None if it can."""
    planes = 1
    for _, length in form.lengths:
        planes *= length
    if file_format == "tif" and form.dtype.name not in tiff_file.TYPES:
        return f"OME-TIFF holds no {form.dtype} pixels: use --format zarr or h5"
    if file_format == "png":
        if form.dtype.name not in ("uint8", "uint16"):
            return f"PNG holds no {form.dtype} pixels, only uint8 and uint16: use --format tif, zarr or h5"
        if planes > 1 or form.channels > 1:
            held = f"{planes} planes" if planes > 1 else f"{form.channels} channels"
            return f"PNG holds one grey or RGB plane, not {held}: use --format tif, zarr or h5"
    return None


def open_output(file_format: str, path: Path, form: ImageForm, layout: Layout, name: str, workers: int) -> Output:
    """Open a file of one of the formats; `name` is what the image is called."""
    target: Target
    if file_format == "png":
        from napari_tiles_creator.engine.back.outputs.png_file import PngFile

        return PngFile(path, layout)
    if file_format == "h5":
        from napari_tiles_creator.engine.back.outputs.hdf5_file import Hdf5File

        target = Hdf5File(path, layout)
    elif file_format == "zarr":
        from napari_tiles_creator.engine.image_files.zarr_folder import ZarrFolder

        target = ZarrFolder(path, layout, name)
    else:
        target = tiff_file.TiffFile(path, layout)
    return TiledOutput(target, layout, form.nearest, workers)
