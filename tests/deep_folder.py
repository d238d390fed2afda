"""A folder that nobody can list, not even the superuser: its path is longer than the system allows."""

import os
from pathlib import Path


def make_deep_folder(folder: Path) -> None:
    """Nest folders below `folder` until their path exceeds what a call of the system takes."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=here)
        inner = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
