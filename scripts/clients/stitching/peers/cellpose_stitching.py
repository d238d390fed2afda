"""Cellpose's two ways to join labels: block faces of its distributed segmentation, and stitch3D of neighbours.

python cellpose_stitching.py CASE.npz OUT.npz
"""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

# The network and what reads files for it are not asked: without them no torchvision is needed.
for _name in ("cellpose.io", "cellpose.models"):
    sys.modules[_name] = ModuleType(_name)
    setattr(__import__("cellpose"), _name.rpartition(".")[2], sys.modules[_name])

from cellpose.contrib import distributed_segmentation as distributed  # noqa: E402
from cellpose.utils import stitch3D  # noqa: E402


def main() -> None:
    """Stitch a case in both ways."""
    case = np.load(sys.argv[1])
    np.savez_compressed(sys.argv[2], **{"Cellpose, faces": by_faces(case), "Cellpose, stitch3D": by_stacks(case)})


def trimmed(case: dict[str, np.ndarray]) -> list[tuple[tuple[int, int], np.ndarray, tuple[slice, ...]]]:
    """Return each block's place, its labels without overlaps and where they lie; neighbours share half and half."""
    side, size, half = int(case["side"]), int(case["size"]), int(case["overlap"]) // 2
    blocks = []
    for labels, (y, x, height, width), place in zip(case["labels"], case["boxes"], case["places"], strict=True):
        crop = (slice(int(y), int(y + height)), slice(int(x), int(x + width)))
        # What is left between the overlaps; at the image's border there is none to remove.
        left = [size - half * ((part.start > 0) + (part.stop < side)) for part in crop]
        kept, where = distributed.remove_overlaps(labels.astype(np.uint32), crop, half, left)
        blocks.append((tuple(int(number) for number in place), kept, tuple(where)))
    return blocks


def by_faces(case: dict[str, np.ndarray]) -> np.ndarray:
    """Return what `process_block` and `distributed_eval` do after the network."""
    side = int(case["side"])
    counts = tuple(int(number) + 1 for number in case["places"].max(axis=0))
    result = np.zeros((side, side), np.uint32)
    indices, faces, used = [], [], []
    for place, labels, where in trimmed(case):
        labels, ids = distributed.global_segment_ids(labels, place, counts)
        ids = ids[1:] if len(ids) and ids[0] == 0 else ids
        result[where] = labels
        indices.append(place)
        faces.append(distributed.block_faces(labels))
        used.append(np.array(ids))
    relabeling = distributed.determine_merge_relabeling(indices, faces, np.concatenate(used).astype(int))
    return relabeling[result]


def by_stacks(case: dict[str, np.ndarray]) -> np.ndarray:
    """Return labels whose ids are joined where `stitch3D` matches them in the overlap of two neighbours.

    The two tiles' labels of the zone they share are given to it as two planes of a stack, at its own threshold.
    """
    labels, boxes = case["labels"], case["boxes"]
    numbers = {tuple(place): number for number, place in enumerate(case["places"].tolist())}
    firsts = np.concatenate([[0], np.cumsum([tile.max() for tile in labels])])
    links: list[tuple[int, int]] = []
    for (row, column), one in numbers.items():
        for neighbour in ((row, column + 1), (row + 1, column)):
            other = numbers.get(neighbour)
            if other is not None:
                pairs = matched(labels[one], boxes[one], labels[other], boxes[other])
                links += [(firsts[one] + first, firsts[other] + second) for first, second in pairs]
    total = int(firsts[-1]) + 1
    first, second = np.array(links).T
    groups = connected_components(coo_matrix((np.ones(len(links)), (first, second)), (total, total)), directed=False)[1]
    groups[0] = 0
    groups[1:][groups[1:] == 0] = groups.max() + 1
    result = np.zeros((int(case["side"]), int(case["side"])), np.int32)
    for number, (_, kept, where) in enumerate(trimmed(case)):
        result[where] = np.where(kept > 0, groups[kept + firsts[number]], 0)
    return result


def matched(one: np.ndarray, box: np.ndarray, other: np.ndarray, other_box: np.ndarray) -> list[tuple[int, int]]:
    """Return the pairs of ids that `stitch3D` takes for the same object."""
    top, left = np.maximum(box[:2], other_box[:2])
    bottom, right = np.minimum(box[:2] + box[2:], other_box[:2] + other_box[2:])
    planes = [
        tile[top - place[0] : bottom - place[0], left - place[1] : right - place[1]]
        for tile, place in ((one, box), (other, other_box))
    ]
    if not planes[0].any() or not planes[1].any():
        return []
    stack = np.stack(planes).astype(np.int32)
    stitched = stitch3D(stack.copy())
    known = set(np.unique(stack[0])) - {0}
    pairs = np.unique(np.stack([stitched[1].ravel(), stack[1].ravel()]), axis=1).T
    return [(int(new), int(old)) for new, old in pairs if old and new in known]


if __name__ == "__main__":
    main()
