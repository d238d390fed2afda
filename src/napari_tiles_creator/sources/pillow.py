"""What JPEG and BMP share: Pillow reads the header and decodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.base import SourceInfo
from napari_tiles_creator.sources.whole import WholeSource

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.ImageFile import ImageFile


def open_with(plugin: type[ImageFile], path: Path) -> WholeSource:
    """Open a file with one of Pillow's format plugins.

    The plugin is called directly because ``Image.open`` refuses large images, which here are no attack.
    """
    with plugin(path) as image:
        (width, height), mode = image.size, image.mode
    if mode not in ("L", "RGB", "RGBA", "1", "P"):
        raise SourceError(f"{path.name}: {mode} pixels are not read; save it as grey or RGB")
    coloured = mode in ("RGB", "RGBA", "P")
    info = SourceInfo(
        path=path,
        axes="YXS" if coloured else "YX",
        shape=(height, width, 3) if coloured else (height, width),
        chunk_rows=height,
        dtype=np.dtype(np.uint8),
        notes=("its alpha channel is left out",) if mode == "RGBA" else (),
    )

    def decode() -> np.ndarray:
        with plugin(path) as image:
            return np.asarray(image.convert("RGB" if coloured else "L"))

    return WholeSource(info, decode)
