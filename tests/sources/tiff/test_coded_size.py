"""Sizes in the codes of images: what each encoder wrote is read back from its first bytes."""

import imagecodecs
import numpy as np
import pytest

from napari_tiles_creator.sources.tiff.coded_size import coded_size

SIZES = [(1, 1), (8, 8), (64, 64), (64, 128), (61, 83), (83, 61), (200, 300), (256, 256), (513, 1025), (9000, 16)]
ENCODERS = {
    "jpeg": (7, imagecodecs.jpeg8_encode, {}),
    "jpeg 2000": (34712, imagecodecs.jpeg2k_encode, {}),
    "jpeg 2000 codestream": (34712, imagecodecs.jpeg2k_encode, {"codecformat": "j2k"}),
    "png": (34933, imagecodecs.png_encode, {}),
    "webp, lossy": (50001, imagecodecs.webp_encode, {"level": 80}),
    "webp, lossless": (50001, imagecodecs.webp_encode, {"lossless": True}),
    "jpeg xl": (50002, imagecodecs.jpegxl_encode, {}),
    "jpeg xl in boxes": (50002, imagecodecs.jpegxl_encode, {"usecontainer": True}),
}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", ENCODERS)
def test_the_size_of_what_was_encoded(name, size):
    compression, encode, how = ENCODERS[name]
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    assert coded_size(compression, encode(image, **how)) == size


@pytest.mark.parametrize("compression", [1, 5, 7, 8, 34712, 34933, 50000, 50001, 50002])
@pytest.mark.parametrize("encoded", [b"", b"\xff", b"\xff\x0a", bytes(100), b"RIFF" * 20], ids=repr)
def test_nonsense_says_nothing_or_little(compression, encoded):
    size = coded_size(compression, encoded)
    assert size is None or len(size) == 2
