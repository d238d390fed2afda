"""To which pixel size the images are brought."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from napari_tiles_creator._widget.controls.editors import CheckEditor, ChoiceEditor
from napari_tiles_creator._widget.controls.labels import table, wrapped_label
from napari_tiles_creator._widget.controls.length import LengthEditor
from napari_tiles_creator._widget.controls.line import LineEditor, number
from napari_tiles_creator._widget.controls.words import counted, grouped
from napari_tiles_creator._widget.panels.panel import Panel
from napari_tiles_creator.recipe.calibration import INTERPOLATIONS, Calibration

if TYPE_CHECKING:
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Plan

# So many kinds of images are told one by one.
MOST_KINDS = 4


class CalibrationPanel(Panel[Calibration]):
    """The recipe's section ``calibration``."""

    name = "calibration"
    title = "Calibration"

    def build(self) -> None:
        """Lay out the switch, the two pixel sizes, and the method."""
        self._images: tuple[ImagePlan, ...] = ()
        self.result = wrapped_label(muted=True)
        self.result.hide()
        grid = self.add_grid()
        self.add_fields(grid, ("enabled", "", CheckEditor("Res&cale to one pixel size")))
        self.add_fields(grid, ("pixel_size_um", "From", LengthEditor()))
        self.add_fields(grid, ("target_pixel_size_um", "To", LengthEditor()))
        self.add_widget(self.result)
        more = self.add_grid(more="Method, plain factor")
        self.add_fields(more, ("scale", "Factor", LineEditor(number, empty=None, hint="from the pixel sizes")))
        self.add_fields(
            more, ("interpolation", "Method", ChoiceEditor({name: name.capitalize() for name in INTERPOLATIONS}))
        )
        self.add_fields(more, ("antialias", "", CheckEditor("Smooth before shrinking")))
        self.add_fields(more, ("use_pyramid", "", CheckEditor("Shrink from the files' smaller levels")))

    def refresh(self) -> None:
        """Enable what has an effect: the target and the method only where images are rescaled."""
        on, by_factor = self.editor("enabled").value(), self.editor("scale").value() is not None
        self.editor("target_pixel_size_um").setEnabled(on and not by_factor)
        method = self.editor("interpolation")
        method.setEnabled(on)
        self.editor("antialias").setEnabled(on and method.value() in ("linear", "cubic"))
        use_pyramid = self.editor("use_pyramid")
        use_pyramid.setEnabled(on and method.value() != "nearest")
        self.show_row("use_pyramid", not use_pyramid.value() or any(len(i.info.levels) > 1 for i in self._images))
        # A factor that is there stays editable, so that it can be taken away.
        self.editor("scale").setEnabled(on or by_factor)
        self._show_result()

    def show_plan(self, plan: Plan | None) -> None:
        """Tell what the files say, and what becomes of the images' shapes."""
        self._images = plan.images if plan is not None else ()
        sizes = {str(image.info.pixel_size) for image in self._images if image.info.pixel_size}
        unknown = any(image.info.pixel_size is None for image in self._images)
        if len(sizes) == 1 and not unknown:
            hint = f"{sizes.pop().replace(';', ' × ')} (from the files)"
        elif sizes:
            hint = "each file's own"
        else:
            hint = "not in the files: enter it" if unknown else "each file's own"
        self.editor("pixel_size_um").set_hint(hint)
        self._show()

    def summary(self) -> str:
        """Return source and target pixel size, and the factor."""
        if not self.editor("enabled").value():
            return "off"
        factors = {self._factor(image) for image in self._images}
        if self.editor("scale").value() is not None:
            return f"×{self.editor('scale').value()}"
        sizes = {str(image.pixel_size) for image in self._images if image.pixel_size}
        source = sizes.pop().replace(";", " × ") if len(sizes) == 1 else "each file's"
        target = self.editor("target_pixel_size_um")
        factor = f" (×{factors.pop()})" if len(factors) == 1 else ""
        return f"{source} → {target.value()} µm{factor}"

    def _show_result(self) -> None:
        text = self._told()
        self.result.setText(text)
        self.result.setVisible(bool(text))

    def _told(self) -> str:
        """Return a row for each kind of image that is rescaled, or that sizes differ where none is."""
        if not self.editor("enabled").value():
            return self._differing()
        kinds = Counter(map(self._kind, self._images))
        if not kinds:
            return ""
        rows = [(f"{grouped(count)} ×", *kind) for kind, count in kinds.most_common(MOST_KINDS)]
        text = table([("", "µm", "px", "factor"), *rows])
        if len(kinds) > MOST_KINDS:
            text += f"and {counted(len(kinds) - MOST_KINDS, 'other kind')} of images"
        return text

    def _differing(self) -> str:
        sizes = sorted({image.pixel_size.y_um for image in self._images if image.pixel_size})
        if len(sizes) < 2:
            return ""
        return (
            f"Pixel sizes differ, {sizes[0]:.4g} to {sizes[-1]:.4g} µm: "
            f"rescale the images if what is the same size shall look the same size."
        )

    def _kind(self, image: ImagePlan) -> tuple[str, str, str]:
        before, after = (f"{height}×{width}" for height, width in (image.info.plane_shape, image.shape))
        return _size(image), f"{before}→{after}", f"×{self._factor(image)}"

    def _factor(self, image: ImagePlan) -> str:
        """Return the factor that was asked for; that of the lengths differs a little after rounding."""
        plain, target = self.editor("scale").value(), self.editor("target_pixel_size_um").value()
        if plain is not None:
            return str(plain)
        if image.pixel_size is None or not isinstance(target, float | int) or target <= 0:
            return "?"  # while it is being typed
        sizes = (image.pixel_size.y_um, image.pixel_size.x_um)
        return " × ".join(dict.fromkeys(f"{size / target:.3g}" for size in sizes))


def _size(image: ImagePlan) -> str:
    """Return the pixel size to four digits, which a narrow table has room for."""
    if image.pixel_size is None:
        return "unknown"
    sizes = (image.pixel_size.y_um,) if image.pixel_size.is_square else (image.pixel_size.y_um, image.pixel_size.x_um)
    return " × ".join(f"{size:.4g}" for size in sizes)
