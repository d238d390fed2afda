"""Export every layout from real images and let the programs that train from it judge it.

python scripts/clients SCRIPTS --data DATA [--layout NAME ...] [--page FILE] [--stitching FILE] [--keep FOLDER] [--here]

SCRIPTS is the folder of the clients' scripts, DATA that of the images. Each client gets a virtual environment of its
own under .venv-clients, made when first needed. Prints a table, and writes it to FILE; fails if a client does. Without
--here and --layout models are run by predict, too, and directly. With --stitching, what merge makes of tiles is
compared with the programs known for it: see `stitching`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from environments import ENVIRONMENTS, ready
from exports import Case, cases, export, prepare
from judges import JUDGES, models_verdict, verdict, versions
from stitching.compare import compared

ENVIRONMENT_FOLDER = Path(__file__).parents[2] / ".venv-clients"
HEAD = """# Clients

Each layout was exported from real images by the command line and given to the program that it is for, with tiles
without an object and without them, with one class and with three. `make clients` sets up each program in a virtual
environment of its own, runs all of it and writes this page. What is said to be trained was trained for a step or an
epoch; a layout that has no place for tiles without an object refuses them, and no program is asked. See
[layouts](layouts.md) for the forms.

| layout | from | classes | empty tiles | program | verdict |
|---|---|---|---|---|---|
"""
MODELS = """
## Models

`predict` runs a model of each kind over tiles, and the same package runs it directly: {said}
"""


@dataclass(frozen=True)
class Row:
    """What became of one dataset."""

    case: Case
    program: str
    is_well: bool
    said: str

    def __str__(self) -> str:
        case = self.case
        empty = "kept" if case.keeps_empty else "left out"
        said = self.said.replace("|", "\\|")
        return f"| {case.layout} | {case.data} | {case.classes} | {empty} | {self.program} | {said} |"


def main() -> int:
    """Judge all layouts; return the exit code."""
    options = parsed()
    layouts = options.layout or [name for name in JUDGES if not options.here or JUDGES[name].light is not None]
    environments = {environment.name: environment for environment in ENVIRONMENTS}
    here = Path(sys.executable)
    pythons = {
        name: here if options.here else ready(environments[JUDGES[name].environment], ENVIRONMENT_FOLDER)
        for name in layouts
    }
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(os.cpu_count()) as pool:
        work = Path(options.keep or temporary)
        prepare(options.data, work)

        def judged(case: Case) -> Row:
            row = judge(case, pythons[case.layout], options, work)
            print(row, flush=True)
            return row

        rows = list(pool.map(judged, cases(layouts)))
    text, is_predicted = HEAD + "".join(f"{row}\n" for row in rows), True
    if not options.here and not options.layout:
        is_predicted, said = models_verdict(ready(environments["models"], ENVIRONMENT_FOLDER), options.scripts)
        print(said, flush=True)
        text += MODELS.format(said=said)
    if options.page:
        Path(options.page).write_text(text, encoding="utf-8")
    failed = [row for row in rows if not row.is_well]
    print(f"{len(rows) - len(failed)} of {len(rows)} are well", file=sys.stderr)
    is_behind = bool(options.stitching and compared(Path(options.stitching), ENVIRONMENT_FOLDER))
    return 1 if failed or not rows or not is_predicted or is_behind else 0


def judge(case: Case, python: Path, options: argparse.Namespace, work: Path) -> Row:
    """Export a dataset and return what its client says to it."""
    client = JUDGES[case.layout]
    done = export(case, options.data, work)
    said = (done.stderr.strip().splitlines() or [""])[-1].removeprefix("error: ")
    if case.is_refused:
        is_well = done.returncode == 2 and "annotations.empty_tiles" in said
        return Row(case, "none", is_well, f"refused: {said}" if is_well else f"not refused ({done.returncode}): {said}")
    if done.returncode:
        return Row(case, "none", False, f"export failed ({done.returncode}): {said}")
    packages = client.packages[:1] if options.here else client.packages
    is_well, said = verdict(client, python, options.scripts, work / case.folder, light=options.here)
    return Row(case, versions(packages, python), is_well, said)


def parsed() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="clients", description=__doc__.partition("\n")[0])
    parser.add_argument("scripts", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder of images")
    parser.add_argument("--layout", action="append", choices=list(JUDGES), help="only this one; repeatable")
    parser.add_argument("--page", help="file the table is written to")
    parser.add_argument("--stitching", help="file the comparisons of stitching are written to; left out: none is made")
    parser.add_argument("--keep", help="new folder for the datasets, which are removed otherwise")
    parser.add_argument("--here", action="store_true", help="in this environment, what needs no other")
    options = parser.parse_args()
    for folder in (options.scripts, options.data):
        if not folder.is_dir():
            parser.error(f"no such folder: {folder}")
    return options


if __name__ == "__main__":
    sys.exit(main())
