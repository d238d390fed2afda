"""Compare alone: PYTHONPATH=scripts/clients python -m stitching [--page FILE] ."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from stitching.compare import compared

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="stitching", description="Compare with other programs.")
    parser.add_argument("--page", type=Path, help="file the tables are written to")
    sys.exit(compared(parser.parse_args().page, Path(__file__).parents[3] / ".venv-clients"))
