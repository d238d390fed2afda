"""sahi's three ways to merge the boxes of overlapping tiles, with the settings that its sliced prediction has.

python sahi_boxes.py CASE.npz OUT.npz
"""

from __future__ import annotations

import sys

import numpy as np
from sahi.postprocess.combine import GreedyNMMPostprocess, NMMPostprocess, NMSPostprocess
from sahi.prediction import ObjectPrediction

WAYS = {"sahi, GREEDYNMM": GreedyNMMPostprocess, "sahi, NMM": NMMPostprocess, "sahi, NMS": NMSPostprocess}


def main() -> None:
    """Merge a case's boxes."""
    rows = np.load(sys.argv[1])["detections"]
    result = {}
    for name, way in WAYS.items():
        predictions = [
            ObjectPrediction(
                bbox=[x0, y0, x1, y1], category_id=int(number), category_name=str(int(number)), score=score
            )
            for _, number, score, y0, x0, y1, x1 in rows
        ]
        merged = way(match_threshold=0.5, match_metric="IOS", class_agnostic=False)(predictions)
        boxes = [(one.category.id, one.bbox.miny, one.bbox.minx, one.bbox.maxy, one.bbox.maxx) for one in merged]
        result[name] = np.array(boxes, float)
    np.savez_compressed(sys.argv[2], **result)


if __name__ == "__main__":
    main()
