"""The keys that go through the tiles: each as napari writes it, and as Qt does.

Control-Alt-arrows belong to the desktop on Linux, Alt-Up and Alt-Down to napari.
"""

from __future__ import annotations

PREVIOUS_KEY = ("Alt-Left", "Alt+Left")
NEXT_KEY = ("Alt-Right", "Alt+Right")
REJECT_KEY = ("Alt-Enter", "Alt+Return")
