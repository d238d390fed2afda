"""Which images are meant: folder, table of sources, sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QHBoxLayout, QPushButton

from napari_tiles_creator._widget.editors import CheckEditor, ChoiceEditor, IntegerEditor, LineEditor, whole_number
from napari_tiles_creator._widget.panel import Panel
from napari_tiles_creator._widget.path import PathEditor
from napari_tiles_creator._widget.sources_table import SourcesModel, SourcesTable
from napari_tiles_creator.recipe.media import Media

if TYPE_CHECKING:
    from typing import Any

    from napari_tiles_creator.engine.plan import Plan
    from napari_tiles_creator.engine.scan import Scanned


class MediaPanel(Panel[Media]):
    """The recipe's section ``media``."""

    name = "media"
    title = "Media"

    def build(self) -> None:
        """Lay out the folder, the table and what is seldom needed."""
        self._count = ""
        self.model = SourcesModel(self.icons)
        self.table = SourcesTable(self.model)
        self.sample_button = QPushButton("Show &sample")
        self.sample_button.setToolTip("Show up to 25 images, drawn at random, side by side.")
        self.shuffle_button = QPushButton("S&huffle")
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
        self.model.ticked.connect(self._edited)

    def fields(self) -> dict[str, Any]:
        """Return the fields; what was unticked is in ``exclude``."""
        return {**super().fields(), "exclude": self._excluded()}

    def set_value(self, section: Media) -> None:
        """Show a section; its ticks come with the next scan."""
        super().set_value(section)
        self._ticks_of_scan = set(self.model.left_out)

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
        self._ticks_of_scan = set(left_out)
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

    def _excluded(self) -> tuple[str, ...]:
        """Return ``exclude`` as it was set while no tick changed, else with names added and removed."""
        given: tuple[str, ...] = self._section.exclude
        before, now = self._ticks_of_scan, self.model.left_out
        if before == now:
            return given
        if before - now <= set(given):
            return (*(name for name in given if name not in before - now), *sorted(now - before))
        # A pattern left out what was ticked again: name the others one by one.
        return tuple(sorted(now))

    _ticks_of_scan: frozenset[str] | set[str] = frozenset()
