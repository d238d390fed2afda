"""StarDist's own way through an image in blocks, `predict_instances_big`, with our tiles' labels for its network's.

python stardist_blocks.py CASE.npz OUT.npz
"""

from __future__ import annotations

import sys

import numpy as np
from stardist.big import BlockND
from stardist.matching import relabel_sequential


def main() -> None:
    """Stitch a case; a refusal is written as what StarDist says."""
    case = np.load(sys.argv[1])
    try:
        result = {"StarDist": stitched(case)}
    except RuntimeError as error:
        result = {"StarDist": np.array(str(error))}
    np.savez_compressed(sys.argv[2], **result)


def stitched(case: dict[str, np.ndarray]) -> np.ndarray:
    """Return what the loop of `predict_instances_big` makes of the tiles' labels."""
    side, size, overlap, context = (int(case[name]) for name in ("side", "size", "overlap", "context"))
    blocks = BlockND.cover((side, side), "YX", size, overlap - 2 * context, context)
    result = np.zeros((side, side), np.int32)
    offset = 1
    for block, labels, box in zip(blocks, case["labels"], case["boxes"], strict=True):
        assert tuple(place.start for place in block.slice_read()) == tuple(box[:2]), "another grid than ours"
        number = int(labels.max())
        # One entry an object: all that is used of them is their number.
        polys = {"prob": np.ones(number), "points": np.zeros((number, 2))}
        labels, polys = block.filter_objects(block.crop_context(labels), polys)
        labels = relabel_sequential(labels, offset)[0]
        block.write(result, labels)
        offset += len(polys["prob"])
    return result


if __name__ == "__main__":
    main()
