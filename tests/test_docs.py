"""The pages cannot rot: their commands and code are run, their links lead somewhere, the reference is up to date."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def named(pages):
    return [pytest.param(page, id=page.relative_to(ROOT).as_posix()) for page in pages]


def run(arguments, folder):
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("page", named(page for page in PAGES if blocks(page, "sh") or blocks(page, "python")))
def test_commands_and_code_of_a_page_run_from_top_to_bottom(page, tmp_path):
    """Lines with tiles-creator are run; those that set up an environment are what the test suite itself stands on."""
    program = Path(sys.executable).parent / "tiles-creator"
    commands = [
        line for block in blocks(page, "sh") for line in block.splitlines() if line.startswith("tiles-creator ")
    ]
    code = "\n".join(blocks(page, "python"))
    if not any(" sample " in command for command in commands) and "samples/" in code:
        run([program, "sample", "samples"], tmp_path)
    for command in commands:
        run([program, *shlex.split(command, comments=True)[1:]], tmp_path)
    if code:
        run([sys.executable, "-W", "error", "-c", code], tmp_path)
    assert commands or code


@pytest.mark.parametrize("page", named(PAGES))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert "://" in target or (page.parent / target).exists(), target


def test_every_page_is_reachable():
    linked = {
        os.path.normpath(page.parent / target)
        for page in PAGES
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    }
    for page in PAGES:
        assert str(page) in linked or page in (ROOT / "README.md", ROOT / "docs" / "index.md"), page


def test_the_reference_is_up_to_date():
    run([sys.executable, ROOT / "scripts" / "make_reference.py", "--check"], ROOT)


@pytest.mark.parametrize("page", named(PAGES))
def test_make_targets_that_are_named_exist(page):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^(?:\$ )?make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
