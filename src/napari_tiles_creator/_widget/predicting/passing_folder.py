"""Files that are kept as long as somebody shows them."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path


class PassingFolder:
    """A folder for files that go when nobody holds this object any more, or when the program ends.

    Attributes
    ----------
    path : Path
        The folder; made with the object.
    """

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="tiles_creator_"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)

    def __deepcopy__(self, memo: object) -> PassingFolder:
        """Return the same: a layer's copy shows the same files."""
        return self
