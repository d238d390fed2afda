#!/bin/sh
# venv.sh PYTHON VENV REQUIREMENT: make the virtual environment if it is missing, install this project into it.
set -eu
python=$1 venv=$2 requirement=$3

if ! command -v "$python" >/dev/null; then
    echo "There is no $python: install Python 3.11 or newer, or name it: make PYTHON=/path/to/python3" >&2
    exit 1
fi
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "$("$python" --version) is too old: Python 3.11 or newer is needed; name it: make PYTHON=python3.11" >&2
    exit 1
}

if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        sh "$(dirname "$0")/apt_install.sh" "Virtual environments need" python3-venv
    fi
    echo "Making the virtual environment $venv"
    rm -rf "$venv"
    "$python" -m venv "$venv"
fi
echo "Installing $requirement into $venv (a minute or two the first time)"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$requirement"
