"""Which images are meant: folder, table of sources, sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton

from napari_tiles_creator._widget.controls.editors import CheckEditor, ChoiceEditor, IntegerEditor
from napari_tiles_creator._widget.controls.line import LineEditor, whole_number
from napari_tiles_creator._widget.controls.path import PathEditor
from napari_tiles_creator._widget.panels.panel import Panel
from napari_tiles_creator._widget.panels.sources_table import SourcesModel, SourcesTable
from napari_tiles_creator.recipe.media import Media

if TYPE_CHECKING:
    from typing import Any

    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.engine.planning.scan import Scanned


class MediaPanel(Panel[Media]):
    """The recipe's section ``media``.

    Attributes
    ----------
    rescanAsked : Signal
        Return was pressed in the folder's line: look again what is there.
    """

    name = "media"
    title = "Media"
    rescanAsked = Signal()

    def build(self) -> None:
        """Lay out the folder, the table and what is seldom needed."""
        self._count = ""
        self._exclude: tuple[str, ...] = ()
        self._left_out: set[str] = set()
        self.model = SourcesModel(self.icons)
        self.table = SourcesTable(self.model)
        self.sample_button = QPushButton("Show sa&mple")
        self.sample_button.setToolTip("Show up to 25 images, drawn at random, side by side.")
        self.shuffle_button = QPushButton("Sh&uffle")
        self.shuffle_button.setToolTip("Draw another sample.")
        self.add_fields(
            self.add_grid(), ("folder", "", PathEditor("Folder of images, or drop one here", "Choose the images"))
        )
        self.add_widget(self.table)
        buttons = QHBoxLayout()
        buttons.addWidget(self.sample_button, 2)
        buttons.addWidget(self.shuffle_button, 1)
        self.add_widget(buttons)
        more = self.add_grid(more="Pattern, channel, planes")
        self.add_fields(more, ("pattern", "Files", LineEditor(empty="*", hint="* (all)")))
        self.add_fields(more, ("recursive", "", CheckEditor("Also in folders inside")))
        self.add_fields(
            more,
            ("channel", "Channel", LineEditor(whole_number, empty=None, hint="all")),
            ("series", "Series", IntegerEditor(0)),
        )
        self.add_fields(
            more,
            ("z", "Z", LineEditor(whole_number, empty="each", hint="each")),
            ("t", "T", LineEditor(whole_number, empty="each", hint="each")),
        )
        self.add_fields(
            more, ("rgb", "Colour", ChoiceEditor({None: "as the file says", True: "yes (RGB)", False: "no"}))
        )
        self.editor("folder").line.returnPressed.connect(self.rescanAsked)
        self.model.ticked.connect(self._take_ticks)

    def fields(self) -> dict[str, Any]:
        """Return the fields; ``exclude`` comes from the ticks."""
        return {**super().fields(), "exclude": self._exclude}

    def set_value(self, section: Media) -> None:
        """Show a section; its ticks come with the next scan."""
        self._exclude = section.exclude
        super().set_value(section)

    def summary(self) -> str:
        """Return how many images take part."""
        return self._count

    # ---- what a scan found ----

    def start_scan(self) -> None:
        """Empty the table for a new scan."""
        self.model.clear()
        self.show_count("looking…")

    def add_sources(self, rows: list[Scanned]) -> None:
        """Add what a scan found."""
        self.model.extend(rows)

    def show_kept(self, kept: set[str]) -> None:
        """Untick the sources that the section leaves out."""
        left_out = {item.found.name for item in self.model.rows} - kept
        self._left_out = set(left_out)
        self.model.mark(left_out, self.model.problems)
        self.table.fit()

    def show_plan(self, plan: Plan | None) -> None:
        """Tell how many sources give tiles, and what is wrong with the others."""
        total = len(self.model.rows)
        if plan is None:
            self.model.mark(self.model.left_out, {})
            self.show_count(f"{total} image{'s' * (total != 1)}" if total else "")
            return
        self.model.mark(self.model.left_out, {failure.source: failure.reason for failure in plan.failed})
        count = len(plan.images)
        self.show_count(f"{count} of {total} images" if count != total else f"{count} image{'s' * (count != 1)}")

    def show_count(self, text: str) -> None:
        """Tell the number of images in the header."""
        self._count = text
        self.show_summary()

    def _take_ticks(self) -> None:
        """Turn ticks into ``exclude``: names come and go, patterns stay while nothing they leave out is ticked."""
        before, now = self._left_out, set(self.model.left_out)
        if before - now <= set(self._exclude):
            kept = (name for name in self._exclude if name not in before - now)
            self._exclude = (*kept, *sorted(now - before))
        else:
            self._exclude = tuple(sorted(now))
        self._left_out = now
        self._edited()
