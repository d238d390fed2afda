"""How pixels are stored that are not upright, by the number that TIFF and EXIF have for it."""

# How the pixels would have to be turned to be upright.
ORIENTATIONS = {
    2: "mirrored left to right",
    3: "turned by 180°",
    4: "mirrored top to bottom",
    5: "mirrored along the diagonal",
    6: "turned by 90° to the right",
    7: "mirrored along the other diagonal",
    8: "turned by 90° to the left",
}
