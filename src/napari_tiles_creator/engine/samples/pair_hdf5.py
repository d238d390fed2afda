"""A mask as a chunked HDF5 dataset: empty chunks are never written, the others are deflated by us."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from napari_tiles_creator.engine.samples.pair_shapes import EMPTY, TILE
from napari_tiles_creator.engine.samples.pair_tiles import stored_tiles

if TYPE_CHECKING:
    from napari_tiles_creator.engine.samples.pair_shapes import Area

# The file grows by so many bytes at a time while it is put together.
GROWTH_BYTES = 1 << 20


def write_hdf5(file: BinaryIO, area: Area, name: str, pixel_size_um: float) -> None:
    """Write a mask, 0 or 255 (uint8), as the dataset `name`; see `write_tiff`.

    It is put together in memory, a few megabytes: so the one write that can fail is ours, and a full disk is an
    OSError rather than whatever HDF5 makes of it when it closes the file.
    """
    import h5py

    with h5py.File(f"{name}.h5", "w", driver="core", backing_store=False, block_size=GROWTH_BYTES) as store:
        data = store.create_dataset(
            name,
            area.shape,
            "uint8",
            chunks=(TILE, TILE),
            maxshape=(max(TILE, area.shape[0]), max(TILE, area.shape[1])),  # no chunk may be larger than this
            compression="gzip",
            fillvalue=EMPTY,
            track_times=False,
        )
        data.attrs["element_size_um"] = [pixel_size_um, pixel_size_um]  # ilastik's: in the order of the axes
        for tile in stored_tiles(area):
            if tile.state != EMPTY:
                data.id.write_direct_chunk((tile.row * TILE, tile.column * TILE), tile.content)
        store.flush()
        file.write(store.id.get_file_image())
