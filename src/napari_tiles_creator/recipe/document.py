"""The recipe as a whole: composed, loaded, saved, and its errors told by field."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from napari_tiles_creator.errors import FieldProblem, RecipeError
from napari_tiles_creator.recipe.annotations import Annotations
from napari_tiles_creator.recipe.calibration import Calibration
from napari_tiles_creator.recipe.export import TILE_FORMATS, Export, TileFormat
from napari_tiles_creator.recipe.media import OPEN_LAYERS, Media
from napari_tiles_creator.recipe.normalization import Normalization
from napari_tiles_creator.recipe.presets import PRESETS
from napari_tiles_creator.recipe.section import FieldRuleError, Section
from napari_tiles_creator.recipe.tiling import Tiling
from napari_tiles_creator.recipe.wording import allowed, fields_of, shown, suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pydantic_core import ErrorDetails

# Which formats hold which type of tile.
FORMATS_OF_TYPE: dict[str, tuple[TileFormat, ...]] = {
    "float32": ("tif",),
    "uint16": ("tif", "png"),
    "uint8": TILE_FORMATS,
}


class Recipe(Section):
    """Everything that determines a dataset, as one frozen value.

    Raises
    ------
    RecipeError
        From `of`, `load` and `preset`: each wrong field with its value and what is allowed.
    """

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    schema_version: Literal[1] = Field(1, alias="schema", description="Version of this form of recipe.")
    media: Media = Media()
    calibration: Calibration = Calibration()
    normalization: Normalization = Normalization()
    tiling: Tiling = Tiling()
    annotations: Annotations = Annotations()
    export: Export = Export()

    @model_validator(mode="after")
    def _sections_fit(self) -> Self:
        dtype = self.normalization.dtype
        if dtype is None and self.normalization.scope != "none":
            dtype = self.normalization.tile_type
        allowed = FORMATS_OF_TYPE[dtype] if dtype else TILE_FORMATS
        if self.export.format not in allowed:
            raise FieldRuleError(
                "export.format",
                f"{self.export.format} cannot hold {dtype} tiles: use {' or '.join(allowed)}, "
                f"or another normalization.dtype",
            )
        if self.tiling.sampling != "grid" and "{index" not in self.export.name:
            raise FieldRuleError("export.name", f"{self.export.name!r} needs {{index}} where tiles lie at random")
        return self

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Return the recipe of a plain mapping, as read from YAML or JSON."""
        try:
            return cls.model_validate(dict(data))
        except ValidationError as error:
            raise RecipeError(*_joined(field_problem(detail) for detail in error.errors())) from error

    @classmethod
    def preset(cls, name: str, source: str | Path | None = None, output: str | Path | None = None) -> Self:
        """Return the recipe of a preset, optionally with its two folders."""
        if name not in PRESETS:
            raise RecipeError.of("", f"no preset is called {name!r}: use {', '.join(PRESETS)}")
        data: dict[str, dict[str, Any]] = {section: dict(fields) for section, fields in PRESETS[name].items()}
        if source is not None:
            data.setdefault("media", {})["folder"] = str(source)
        if output is not None:
            data.setdefault("export", {})["folder"] = str(output)
        return cls.of(data)

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """Return a recipe with some fields changed, ``{"tiling.size_px": 256}``; all are checked together."""
        data = self.to_dict()
        for field, value in changes.items():
            section, _, name = field.partition(".")
            if not isinstance(data.get(section), dict) or not name:
                sections = ", ".join(key for key, part in data.items() if isinstance(part, dict))
                similar = suggestion(section, data) if name else ""
                told = similar or f": write section.field, a section being {sections}"
                raise RecipeError.of("", f"{field!r} is no field{told}")
            data[section][name] = value
        return self.of(data)

    def to_dict(self) -> dict[str, Any]:
        """Return plain mappings, lists, numbers and texts."""
        return self.model_dump(mode="json")

    def to_yaml(self) -> str:
        """Return the recipe as YAML, sections and fields in their order."""
        return yaml.dump(self.to_dict(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)

    @classmethod
    def from_yaml(cls, text: str, name: str = "recipe") -> Self:
        """Return the recipe of a YAML or JSON text; `name` stands in messages."""
        try:
            data = parsed(text)
        except yaml.YAMLError as error:
            mark, reason = getattr(error, "problem_mark", None), getattr(error, "problem", None)
            place = f", line {mark.line + 1}" if mark else ""
            raise RecipeError.of("", f"{name} is no YAML{place}: {reason or 'it cannot be parsed'}") from error
        if not isinstance(data, dict):
            raise RecipeError.of("", f"{name} holds no recipe: it must have sections such as tiling: {{size_px: 512}}")
        return cls.of(data)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a recipe; relative paths in it start at its own folder."""
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RecipeError.of("", f"recipe {path} cannot be read: {error}") from error
        recipe = cls.from_yaml(text, name=str(path))
        base = path.absolute().parent
        return recipe.moved(lambda place: _placed(place, base))

    def save(self, path: str | Path) -> None:
        """Write the recipe, as JSON where the name ends so and as YAML else; paths relative to the file."""
        path = Path(path)
        base = path.absolute().parent
        saved = self.moved(lambda place: _relative(place, base))
        text = json.dumps(saved.to_dict(), indent=2) if path.suffix == ".json" else saved.to_yaml()
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise RecipeError.of("", f"recipe {path} cannot be written: {error.strerror}") from error

    @property
    def places(self) -> dict[str, str]:
        """The fields that name places on this machine: folders and files; a split's table is part of `moved` only."""
        places = {
            "media.folder": self.media.folder,
            "export.folder": self.export.folder,
            "tiling.roi": self.tiling.roi,
            "annotations.labels": self.annotations.labels,
            "annotations.boxes": self.annotations.boxes,
            "annotations.classes": self.annotations.classes,
        }
        return {field: place for field, place in places.items() if isinstance(place, str)}

    def moved(self, move: Callable[[str], str]) -> Self:
        """Return the recipe with every place on this machine as `move` gives it."""
        changes: dict[str, Any] = {field: move(place) for field, place in self.places.items()}
        split = self.export.split
        if split is not None and split.table is not None:
            changes["export.split"] = {**split.model_dump(), "table": move(split.table)}
        return self.changed(changes)


class _Dumper(yaml.SafeDumper):
    """YAML with lists in brackets: a drawn region would fill pages with a number a line."""


_Dumper.add_representer(
    list, lambda dumper, items: dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)
)


class _Loader(yaml.SafeLoader):
    """YAML without dates: a folder called 2024-01-05 is a text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parsed(text: str) -> Any:
    """Return what a YAML or JSON text holds; YAMLError where it is neither."""
    if text.lstrip().startswith("{"):  # JSON knows tabs, and characters beyond 16 bits as two escapes: YAML does not
        with suppress(json.JSONDecodeError):
            return json.loads(text)
    return yaml.load(text, _Loader)


def _joined(problems: Iterable[FieldProblem]) -> list[FieldProblem]:
    """Return one problem a field: a value that fits none of several types gives one for each."""
    first: dict[str, FieldProblem] = {}
    for problem in problems:
        first.setdefault(problem.field, problem)
    return list(first.values())


def field_problem(detail: ErrorDetails) -> FieldProblem:
    """Return a pydantic error as the field, the value and what is allowed."""
    # What comes after section and field names members of unions, or counts entries of lists.
    section, name, part, *_ = [*(str(part) for part in detail["loc"]), "", "", ""]
    field = ".".join(filter(None, [section, name]))
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, FieldRuleError):
        return FieldProblem(".".join(filter(None, [field, cause.field])), str(cause))
    model = _section_model(section)
    if part and model is not None and (inner := fields_of(model, name)):
        return FieldProblem(field, f"{part}: {_message(detail, inner, part)}")
    return FieldProblem(field, _message(detail, model, name, section))


def _message(detail: ErrorDetails, model: type[BaseModel] | None, name: str, section: str = "") -> str:
    """Return the value and what is allowed of a field, of a section where `name` is empty, of none of both."""
    if detail["type"] == "extra_forbidden":
        return "no such field" + suggestion(name or section, (model or Recipe).model_fields)
    value = shown(detail["input"])
    if detail["type"] == "none_required":
        return f"{value} is not available yet: leave it empty"
    if detail["type"] in ("value_error", "assertion_error"):
        return f"{value}: {detail['msg'].removeprefix('Value error, ')}"
    if detail["type"] == "finite_number":
        return f"{value}: must be a finite number"
    if model is None:
        return f"{value}: must be 1" if section == "schema" else f"{value}: {detail['msg']}"
    if not name:
        return f"{value}: must be a section with fields such as {next(iter(model.model_fields))}"
    return f"{value}: must be {allowed(model, name)}"


def _section_model(section: str) -> type[BaseModel] | None:
    """Return the model of a section, None where the recipe has none of that name."""
    model = Recipe.model_fields[section].annotation if section in Recipe.model_fields else None
    return model if isinstance(model, type) and issubclass(model, BaseModel) else None


def _placed(folder: str, base: Path) -> str:
    """Return where a folder named in a recipe's file is."""
    return folder if folder == OPEN_LAYERS else os.path.normpath(base / folder)


def _relative(folder: str, base: Path) -> str:
    """Return `folder` relative to `base` with forward slashes; absolute where no relative path exists."""
    if folder == OPEN_LAYERS:
        return folder
    try:
        return Path(os.path.relpath(Path(folder).absolute(), base)).as_posix()
    except ValueError:  # another drive on Windows
        return str(Path(folder).absolute())
