#!/bin/sh
# What Qt needs to open windows on a screen that exists in memory only (Xvfb).
set -eu
if ! command -v dpkg-query >/dev/null; then
    command -v Xvfb >/dev/null || [ -n "${DISPLAY:-}" ] || [ "$(uname)" != Linux ] || {
        echo "The tests open windows: install Xvfb and the libraries of Qt's xcb plugin, or set DISPLAY" >&2
        exit 1
    }
    exit 0
fi
exec sh "$(dirname "$0")/apt_install.sh" "The tests open windows without a screen and need" \
    xvfb xauth x11-utils libgl1 libegl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libxkbcommon-x11-0 \
    libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0
