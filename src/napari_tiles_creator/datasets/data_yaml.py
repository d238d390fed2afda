"""The data.yaml of Ultralytics and YOLOv5."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def data_yaml(names: Sequence[str], splits: Sequence[str]) -> Iterator[str]:
    """Yield the parts of the file: folders of the splits, names of the classes.

    It has no ``path``: folders are found beside the file, wherever the dataset is moved. It has no ``channels``
    either: grey tiles are then read as three equal channels, which is what pretrained weights take.

    Parameters
    ----------
    names : sequence of str
        In index order.
    splits : sequence of str
        ``train`` and ``val``, and ``test`` where there is one.
    """
    for split in splits:
        yield f"{split}: images/{split}\n"
    yield "names:\n"
    for number, name in enumerate(names):
        # Quoted, so that no name is taken for a number or a yes; JSON's quotes are also YAML's.
        yield f"  {number}: {json.dumps(name)}\n"
