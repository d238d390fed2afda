#!/bin/sh
# apt_install.sh WHY PACKAGE...: install missing Debian packages where that is allowed, else print the line to run.
set -eu
why=$1
shift

missing=
for package in "$@"; do
    state=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) || state=
    case $state in
        *"install ok installed"*) ;;
        *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

# shellcheck disable=SC2086
install() { "$@" apt-get update -qq && "$@" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null; }
echo "$why these Debian packages:$missing"
if [ "$(id -u)" = 0 ]; then
    install env
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    install sudo
else
    echo "Installing them is not allowed here. Please run, then try again:" >&2
    echo "    sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing" >&2
    exit 1
fi
