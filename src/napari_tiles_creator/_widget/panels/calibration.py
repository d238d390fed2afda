"""To which pixel size the images are brought."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator._widget.controls.editors import CheckEditor, ChoiceEditor
from napari_tiles_creator._widget.controls.labels import wrapped_label
from napari_tiles_creator._widget.controls.line import LineEditor, number
from napari_tiles_creator._widget.panels.panel import Panel
from napari_tiles_creator.recipe.calibration import INTERPOLATIONS, Calibration

if TYPE_CHECKING:
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Plan


class CalibrationPanel(Panel[Calibration]):
    """The recipe's section ``calibration``."""

    name = "calibration"
    title = "Calibration"

    def build(self) -> None:
        """Lay out the switch, the two pixel sizes, and the method."""
        self._images: tuple[ImagePlan, ...] = ()
        self.result = wrapped_label(muted=True)
        grid = self.add_grid()
        self.add_fields(grid, ("enabled", "", CheckEditor("Res&cale to one pixel size")))
        self.add_fields(
            grid,
            ("pixel_size_um", "From", LineEditor(number, empty=None, hint="per file", unit="µm")),
            ("target_pixel_size_um", "to", LineEditor(number, unit="µm")),
        )
        self.add_widget(self.result)
        more = self.add_grid(more="Method")
        self.add_fields(more, ("scale", "Factor", LineEditor(number, empty=None, hint="from the pixel sizes")))
        self.add_fields(
            more, ("interpolation", "Method", ChoiceEditor({name: name.capitalize() for name in INTERPOLATIONS}))
        )
        self.add_fields(more, ("antialias", "", CheckEditor("Smooth before shrinking")))

    def refresh(self) -> None:
        """Enable what has an effect: the target and the method only where images are rescaled."""
        on, by_factor = self.editor("enabled").value(), self.editor("scale").value() is not None
        self.editor("target_pixel_size_um").setEnabled(on and not by_factor)
        for field in ("interpolation", "antialias"):
            self.editor(field).setEnabled(on)
        # A factor that is there stays editable, so that it can be taken away.
        self.editor("scale").setEnabled(on or by_factor)

    def show_plan(self, plan: Plan | None) -> None:
        """Tell what becomes of the images' shapes."""
        self._images = plan.images if plan else ()
        self.result.setText(self._result())
        self.result.setVisible(bool(self.result.text()))
        self.show_summary()

    def summary(self) -> str:
        """Return source and target pixel size, and the factor."""
        if not self.editor("enabled").value():
            return "off"
        factors = {image.scale for image in self._images}
        sizes = {image.pixel_size for image in self._images if image.pixel_size}
        factor = f" (×{_factor(next(iter(factors)))})" if len(factors) == 1 else ""
        if self.editor("scale").value() is not None:
            return f"×{self.editor('scale').value()}"
        source = f"{next(iter(sizes)).y_um:.4g}" if len(sizes) == 1 else "per file"
        return f"{source} → {self.editor('target_pixel_size_um').text()} µm{factor}"

    def _result(self) -> str:
        rescaled = [image for image in self._images if image.is_calibrated]
        if not rescaled:
            return ""
        first = rescaled[0]
        text = f"{_shape(first.info.plane_shape)} → {_shape(first.shape)} px"
        if len({(image.info.plane_shape, image.shape) for image in rescaled}) > 1:
            text += f" ({first.name}; others differ)"
        return text


def _shape(shape: tuple[int, int]) -> str:
    return f"{shape[0]}×{shape[1]}"


def _factor(scale: tuple[float, float]) -> str:
    return f"{scale[0]:.3g}"
