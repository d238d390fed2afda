"""What files do not tell and the user must: which axes, which array. Asked once for all that ask the same."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from napari_tiles_creator._widget.controls.question import AXES, DATASET, Option, Question

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_tiles_creator.engine.planning.scan import Scanned

WORDS = {"T": "time", "Z": "Z", "C": "channels", "S": "colours"}
# A third axis alone is called by what it makes of the image.
ALONE = {"ZYX": "Z stack", "TYX": "time series", "CYX": "channels", "YXS": "colours (last)", "YXC": "channels (last)"}
_AXES = re.compile(r"shape \(([\d, ]+)\): .*such as ([A-Z, or]+) \(media\.axes;")
_DATASETS = re.compile(r"holds \d+ images: (.+): choose one, such as .+#.+ \(media\.dataset\)$")
_DATASET = re.compile(r"choose (?:a field|one), such as [^#]+#(.+) \(media\.dataset\)$")
_HELD = re.compile(r"has no .+ \(media\.dataset\): it holds (.+)$")
_ARRAY = re.compile(r"(?:, )?(.+?) (\([\d, ]+\)(?: \w+)?)(?=, | and \d+ more$|$)")


def question_among(rows: Iterable[Scanned]) -> Question | None:
    """Return what most of the images that cannot be read ask, None where none asks anything."""
    asked: dict[tuple[str, tuple[Option, ...]], list[Question]] = {}
    for item in rows:
        question = question_in(item.problem) if item.problem else None
        if question is not None:
            alike = asked.setdefault((question.field, question.options), [])
            alike.append(replace(question, name=item.found.name))
    if not asked:
        return None
    most = max(asked.values(), key=len)
    shape = most[0].shape if len({question.shape for question in most}) == 1 else ""
    return replace(most[0], shape=shape, count=len(most))


def question_in(problem: str) -> Question | None:
    """Return the question that a message of a reader holds, None where it holds none."""
    if found := _AXES.search(problem):
        shape, letters = found[1].replace(", ", "×"), re.findall("[TCZYXS]{2,}", found[2])
        return Question(AXES, tuple(map(_axes_option, letters)), shape)
    if found := _DATASETS.search(problem) or _HELD.search(problem):
        options = tuple(Option(path, path, f"{path} {what}") for path, what in _ARRAY.findall(found[1]))
        return Question(DATASET, options) if options else None
    if found := _DATASET.search(problem):
        return Question(DATASET, (Option(found[1], found[1], found[1]),))
    return None


def _axes_option(letters: str) -> Option:
    before, _, after = letters.partition("YX")
    words = [WORDS[letter] for letter in before] + [f"{WORDS[letter]} (last)" for letter in after]
    names = {"Y": "rows", "X": "columns", "Z": "depth"}
    meaning = ", ".join(f"{letter} {names.get(letter) or WORDS[letter]}" for letter in letters)
    return Option(letters, ALONE.get(letters) or ", ".join(words), f"{letters}: {meaning}")
