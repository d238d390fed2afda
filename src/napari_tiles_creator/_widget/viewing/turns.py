"""Steps spread over turns of the event loop, so that the window answers in between.

napari needs some tens of milliseconds to add or remove one layer; several in one go are a stutter.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer

if TYPE_CHECKING:
    from collections.abc import Callable


class Turns:
    """One step a turn, in order."""

    def __init__(self) -> None:
        self._steps: deque[Callable[[], object]] = deque()
        self._timer = QTimer()
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._take)

    def run(self, *steps: Callable[[], object]) -> None:
        """Carry these steps out, each in a turn of its own; what is still waiting is given up."""
        self._steps = deque(steps)
        self._timer.start()

    def stop(self) -> None:
        """Give up what is still waiting."""
        self._steps.clear()
        self._timer.stop()

    def _take(self) -> None:
        if self._steps:
            self._steps.popleft()()
        if not self._steps:
            self._timer.stop()
