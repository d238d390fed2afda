"""What File > Open Sample offers."""

import numpy as np

from napari_tiles_creator._widget.contributions.large_plane import pyramid
from napari_tiles_creator._widget.viewing.sources import scan_layers
from napari_tiles_creator.recipe.media import OPEN_LAYERS, Media


def test_the_large_slide_opens_as_a_pyramid_with_a_pixel_size(viewer):
    (layer,) = viewer.open_sample("napari-tiles-creator", "large")
    assert layer.multiscale
    assert layer.data[0].shape == (100_000, 100_000)
    assert max(layer.data[-1].shape) <= 1024
    assert [str(unit) for unit in layer.units] == ["micrometer", "micrometer"]
    (item,) = scan_layers(viewer, Media(folder=OPEN_LAYERS))
    assert item.info.plane_shape == (100_000, 100_000)
    assert item.info.pixel_size.y_um == 0.325
    assert item.info.levels[1] == (50_000, 50_000)


def test_a_part_does_not_depend_on_what_else_is_computed():
    full = pyramid(3000)[0]
    part = full[700:1300, 1000:1100]
    assert np.array_equal(part.compute(), full.compute()[700:1300, 1000:1100])
    assert np.ptp(part.compute()) > 500


def test_levels_look_alike():
    levels = pyramid(8192)
    means = [float(level.mean().compute()) for level in levels]
    assert len(levels) == 4
    assert max(means) < 1.02 * min(means)


def test_the_sample_images_open_with_the_pixel_size_of_their_files(viewer):
    layers = viewer.open_sample("napari-tiles-creator", "fields")
    assert len(layers) > 1
    assert any(str(layer.units[-1]) == "micrometer" and layer.scale[-1] < 1 for layer in layers)
