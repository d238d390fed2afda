"""Write docs/reference/recipe.md and cli.md from the models and commands themselves.

python scripts/make_reference.py [--check]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from pydantic_core import PydanticUndefined

from napari_tiles_creator.cli import tiles_creator
from napari_tiles_creator.recipe.document import FORMATS_OF_TYPE, Recipe
from napari_tiles_creator.recipe.presets import PRESETS
from napari_tiles_creator.recipe.split import Split

if TYPE_CHECKING:
    from napari_tiles_creator.recipe.section import Section

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"


def plain(value: Any) -> str:
    """Return a default as it stands in YAML."""
    return json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value


def fields_of(section: Section, other_defaults: dict[str, Any] | None = None) -> list[str]:
    """Return what a section is, and a table of its fields; the values of the section are the defaults."""
    lines = ["", (type(section).__doc__ or "").strip(), "", "| field | default | meaning |", "|---|---|---|"]
    defaults = section.model_dump(mode="json") | (other_defaults or {})
    for name, setting in type(section).model_fields.items():
        default = plain(defaults[name]).replace("|", "\\|")
        lines.append(f"| `{name}` | `{default}` | {setting.description} |")
    return lines


def recipe_page() -> str:
    """Return the page on the recipe: every field with its default and meaning."""
    lines = [
        "# Recipe",
        "",
        "YAML or JSON. Every field may be left out; unknown fields are refused. Relative paths start at the recipe's",
        "own folder. `tiles-creator recipe --preset unet` prints a whole one.",
    ]
    for section, field in Recipe.model_fields.items():
        if field.default is PydanticUndefined or not hasattr(field.default, "model_dump"):
            continue
        lines += ["", f"## {section}", *fields_of(field.default)]
        if section == "export":
            lines += ["", "### export.split", *fields_of(Split(train=1.0), {"train": 0.0})]
    lines += ["", "## Presets", "", "| preset | differs from the defaults in |", "|---|---|"]
    for name, changes in PRESETS.items():
        differs = [f"`{s}.{f}: {plain(v)}`" for s, fields in changes.items() for f, v in fields.items()]
        lines.append(f"| `{name}` | {', '.join(differs) or 'nothing'} |")
    lines += ["", "## Which format holds which type", "", "| type | formats |", "|---|---|"]
    lines += [f"| `{dtype}` | {', '.join(formats)} |" for dtype, formats in FORMATS_OF_TYPE.items()]
    return "\n".join(lines) + "\n"


def cli_page() -> str:
    """Return the page on the command line: the help of every command."""
    lines = [
        "# Command line",
        "",
        "Exit codes: 0 all done · 1 finished, but some images failed or `verify` is not ok · 2 nothing done: wrong",
        "use, wrong recipe, unusable folder, every image failed · 130 interrupted.",
    ]
    context = click.Context(tiles_creator, info_name="tiles-creator", max_content_width=100, terminal_width=100)
    for name, command in sorted(tiles_creator.commands.items()):
        own = click.Context(command, info_name=name, parent=context, max_content_width=100, terminal_width=100)
        lines += ["", f"## {name}", "", "```text", command.get_help(own), "```"]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the pages, or with --check say whether they are as they should be."""
    stale = 0
    for name, page in (("recipe.md", recipe_page()), ("cli.md", cli_page())):
        path = REFERENCE / name
        if "--check" not in sys.argv:
            path.write_text(page, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != page:
            print(f"{path} is not up to date: run python scripts/make_reference.py", file=sys.stderr)
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
