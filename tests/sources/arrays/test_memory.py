"""The memory that is free."""

from napari_tiles_creator.sources.arrays.memory import free_bytes


def test_free_memory_is_what_the_system_says():
    free = free_bytes()
    assert free is None or 2**20 < free < 2**50
