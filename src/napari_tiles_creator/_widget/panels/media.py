"""Which images are meant: folder, table of sources, sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton

from napari_tiles_creator._widget.controls.colours import ColoursEditor
from napari_tiles_creator._widget.controls.editors import CheckEditor, ChoiceEditor, IntegerEditor
from napari_tiles_creator._widget.controls.labels import wrapped_label
from napari_tiles_creator._widget.controls.line import LineEditor
from napari_tiles_creator._widget.controls.path import PathEditor
from napari_tiles_creator._widget.controls.pick import PickEditor, Value
from napari_tiles_creator._widget.controls.progress import ProgressRow
from napari_tiles_creator._widget.controls.question import QuestionRow
from napari_tiles_creator._widget.controls.words import grouped, plain, size
from napari_tiles_creator._widget.panels.panel import Panel
from napari_tiles_creator._widget.panels.sources_model import SourcesModel
from napari_tiles_creator._widget.panels.sources_table import SourcesTable
from napari_tiles_creator._widget.problems import in_words
from napari_tiles_creator._widget.questions import question_among
from napari_tiles_creator.engine.planning.warnings import MUCH_MEMORY_BYTES
from napari_tiles_creator.recipe.media import OPEN_LAYERS, Media
from napari_tiles_creator.sources.folder import literal_pattern
from napari_tiles_creator.sources.registry import EXTENSIONS

if TYPE_CHECKING:
    from typing import Any

    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.engine.planning.scan import Scanned

IMAGE_FILES = f"Images ({' '.join('*' + extension for extension in EXTENSIONS)})"
# Fields that matter only where a source has one of these axes.
AXES_OF_FIELD = {"channel": "C", "colours": "C", "z": "Z", "t": "T", "rgb": "CS", "axes": "CZT", "dataset": ""}
PLANES: dict[Value, str] = {"each": "each", "max": "max", "mean": "mean"}
TIPS_OF_PLANES: dict[Value, str] = {
    "each": "Every plane gives tiles of its own.",
    "max": "All planes as one: the largest value at each pixel.",
    "mean": "All planes as one: the mean at each pixel.",
}


class MediaPanel(Panel[Media]):
    """The recipe's section ``media``.

    Attributes
    ----------
    rescanAsked : Signal
        Return was pressed in the folder's line: look again what is there.
    opened : Signal(str)
        A source was double-clicked: its name.
    """

    name = "media"
    title = "Media"
    rescanAsked = Signal()
    opened = Signal(str)

    def build(self) -> None:
        """Lay out the folder, the table and what is seldom needed."""
        self._count = ""
        self._exclude: tuple[str, ...] = ()
        self._left_out: set[str] = set()
        self._axes: set[str] = set()
        self._has_series = False
        self._asked = ""
        self.model = SourcesModel(self.icons, self._in_words)
        self.table = SourcesTable(self.model)
        self.sample_button = QPushButton("Show sa&mple")
        self.sample_button.setToolTip(
            "Show up to 25 images, drawn at random, side by side. Double click on one to see its tiles."
        )
        self.shuffle_button = QPushButton("Sh&uffle")
        self.shuffle_button.setToolTip("Draw another sample.")
        folder = PathEditor(
            "Folder of images, or drop one here", "Choose the images", IMAGE_FILES, ("Open layers", OPEN_LAYERS)
        )
        self.add_fields(self.add_grid(), ("folder", "", folder))
        self.add_widget(self.table)
        self.question = QuestionRow(after=self.table)
        self.add_widget(self.question)
        self.costly = wrapped_label(muted=True)
        self.costly.hide()
        self.add_widget(self.costly)
        buttons = QHBoxLayout()
        buttons.addWidget(self.sample_button, 2)
        buttons.addWidget(self.shuffle_button, 1)
        self.add_widget(buttons)
        self.sampling = ProgressRow("reading images")
        self.add_widget(self.sampling)
        self._build_more()
        self.editor("folder").line.returnPressed.connect(self.rescanAsked)
        self.model.ticked.connect(self._take_ticks)
        self.table.opened.connect(self.opened)
        self.question.answered.connect(lambda field, value: self.editor(field).set_value(value))
        self.setAcceptDrops(True)

    def _build_more(self) -> None:
        """Lay out what is seldom needed."""
        more = self.add_grid(more="Pattern, channels, planes")
        self.add_fields(more, ("pattern", "Files", LineEditor(empty="*", hint="* (all)")))
        self.add_fields(more, ("recursive", "", CheckEditor("Also in folders inside")))
        self.add_fields(
            more, ("channels_from", "Group", LineEditor(empty=None, hint="one channel each: *_{channel}.tif"))
        )
        self.add_fields(more, ("channel", "Channel", PickEditor({None: "all"})), ("series", "Series", IntegerEditor(0)))
        self.add_fields(more, ("colours", "", ColoursEditor()))
        self.add_fields(
            more, ("z", "Z", PickEditor(PLANES, TIPS_OF_PLANES)), ("t", "T", PickEditor(PLANES, TIPS_OF_PLANES))
        )
        self.add_fields(more, ("axes", "Axes", LineEditor(empty=None, hint="as the files say")))
        self.add_fields(more, ("overrule_axes", "", CheckEditor("Also where a file tells other axes")))
        self.add_fields(more, ("dataset", "Dataset", LineEditor(empty=None, hint="the one image in the file")))
        self.add_fields(
            more, ("rgb", "RGB", ChoiceEditor({None: "as the files say", True: "yes", False: "no, channels"}))
        )

    def fields(self) -> dict[str, Any]:
        """Return the fields; ``exclude`` comes from the ticks."""
        return {**super().fields(), "exclude": self._exclude}

    def set_value(self, section: Media) -> None:
        """Show a section; its ticks come with the next scan."""
        self._exclude = section.exclude
        super().set_value(section)

    def refresh(self) -> None:
        """Show the fields that some source has a use for, or that are set."""
        shown, default = self.fields(), Media()
        for field, axes in AXES_OF_FIELD.items():
            is_set = shown[field] != getattr(default, field)
            self.show_row(field, is_set or field == self._asked or not self._axes.isdisjoint(axes))
        self.show_row("overrule_axes", bool(shown["axes"]) or shown["overrule_axes"])
        self.show_row("series", self._has_series or shown["series"] != default.series)

    def dragEnterEvent(self, event: QEvent) -> None:
        """Accept a file or folder anywhere on the panel."""
        self.editor("folder").dragEnterEvent(event)

    def dropEvent(self, event: QEvent) -> None:
        """Take the path that was dropped."""
        self.editor("folder").dropEvent(event)

    def summary(self) -> str:
        """Return how many images take part, and their shape."""
        return self._count

    # ---- what a scan found ----

    def start_scan(self) -> None:
        """Empty the table for a new scan."""
        self.model.clear()
        self.question.ask(None)
        self.costly.hide()
        self.show_count("looking…")

    def end_scan(self) -> None:
        """Sort what was found, and offer what it has."""
        self.model.resort()
        self.table.fit()
        infos = [item.info for item in self.model.rows if item.info is not None]
        self._axes = {axis for axes in {info.axes for info in infos} for axis in axes}
        self._has_series = any("media.series" in note for info in infos for note in info.notes)
        for axis in "ZT":
            longest = max((info.length(axis) for info in infos), default=1)
            self.editor(axis.lower()).offer(range(longest if axis in self._axes else 0))
        names = dict.fromkeys(name for info in infos for name in info.channel_names if name)
        count = max((info.length("C") for info in infos if "C" in info.axes), default=0)
        self.editor("channel").offer([*names] or range(count))
        self.editor("colours").offer([*names] if len(names) == count else range(count))
        question = question_among(self.model.rows)
        self.question.ask(question)
        self._asked = question.field if question is not None else ""
        self._tell_cost()
        self._show()

    def _tell_cost(self) -> None:
        """Say which images cannot be read in parts, and what to do about it."""
        costs = [(item.info.whole_bytes, item.found.name) for item in self.model.rows if item.info is not None]
        costly = sorted((cost for cost in costs if cost[0] > MUCH_MEMORY_BYTES), reverse=True)
        self.costly.setVisible(bool(costly))
        if costly:
            most, name = costly[0]
            more = f" and {grouped(len(costly) - 1)} more" if len(costly) > 1 else ""
            self.costly.setText(
                f"{plain(name)}{more} cannot be read in parts: {size(most)} of memory at once. "
                "For a copy that can, run once: <b>tiles-creator convert</b>"
            )

    def add_sources(self, rows: list[Scanned]) -> None:
        """Add what a scan found."""
        self.model.extend(rows)
        self.show_count(f"looking… {grouped(len(self.model.rows))}")

    def show_kept(self, kept: set[str]) -> None:
        """Untick the sources that the section leaves out."""
        left_out = {item.found.name for item in self.model.rows} - kept
        self._left_out = set(left_out)
        self.model.mark(left_out, self.model.problems)

    def show_plan(self, plan: Plan | None) -> None:
        """Tell how many sources give tiles, their shape, and what is wrong with the others."""
        total = len(self.model.rows)
        if plan is None:
            self.model.mark(self.model.left_out, {})
            self.show_count(_images(total) if total else "")
            return
        self.model.mark(self.model.left_out, {failure.source: failure.reason for failure in plan.failed})
        count = len(plan.images)
        counted = _images(count) if count == total else f"{grouped(count)} of {_images(total)}"
        shapes = {image.info.plane_shape for image in plan.images}
        shape = "" if not shapes else "different shapes" if len(shapes) > 1 else "{}×{}".format(*shapes.pop())
        self.show_count(" · ".join(filter(None, [counted, shape])))

    def show_count(self, text: str) -> None:
        """Tell the number of images in the header."""
        self._count = text
        self.show_summary()

    def _in_words(self, text: str) -> str:
        """Return a message with the names of this panel's fields."""
        return in_words(text, {f"media.{field}": label for field, label in self.labels_of_fields().items()})

    def _take_ticks(self) -> None:
        """Turn ticks into ``exclude``: names come and go, patterns stay while nothing they leave out is ticked."""
        before, now = self._left_out, set(self.model.left_out)
        back = {literal for name in before - now for literal in (name, literal_pattern(name))}
        if all({name, literal_pattern(name)} & set(self._exclude) for name in before - now):
            kept = (name for name in self._exclude if name not in back)
            self._exclude = (*kept, *map(literal_pattern, sorted(now - before)))
        else:
            self._exclude = tuple(map(literal_pattern, sorted(now)))
        self._left_out = now
        self._edited()


def _images(count: int) -> str:
    return f"{grouped(count)} image{'s' * (count != 1)}"
