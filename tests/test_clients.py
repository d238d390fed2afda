"""Programs that train from the datasets judge them: here those that need nothing else; `make clients` runs them all."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CLIENTS = Path(__file__).parents[1] / "scripts" / "clients"
# Layouts whose client needs nothing but what the tests need, and how many datasets each gets.
LIGHT = {"coco": 8, "coco-polygons": 8}


@pytest.fixture
def scripts() -> Path:
    """Return the folder of the clients' scripts, named by the environment variable TILES_TEST_CLIENTS."""
    folder = os.environ.get("TILES_TEST_CLIENTS")
    if not folder:
        pytest.skip(f"TILES_TEST_CLIENTS names no folder of scripts: {sum(LIGHT.values())} datasets are not judged")
    return Path(folder)


@pytest.mark.parametrize("layout", LIGHT)
def test_the_client_of_a_layout_takes_every_dataset(layout, scripts, real_data, tmp_path):
    page = tmp_path / "clients.md"
    command = [sys.executable, CLIENTS, scripts, "--data", real_data, "--here", "--layout", layout, "--page", page]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = re.findall(rf"^\| {layout} \| (.*) \|$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) == LIGHT[layout]
    assert len({tuple(row.split(" | ")[:3]) for row in rows}) == len(rows)
    assert all(" | OK " in row for row in rows)
