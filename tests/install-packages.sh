#!/bin/sh
# install-packages.sh LIST...: installs the Debian packages that the lists name and that are not there yet.
# Says what it is about to install; says nothing where there is nothing to do.
set -eu

packages=$(sed '/^#/d' "$@")
missing=
for package in $packages; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) || status=absent
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "Installing from Debian:$missing"
root=
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "Installing them takes root: run this as root, or install sudo." >&2; exit 1; }
  root='sudo'
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The word splitting is wanted: one word a package; and no word at all where nobody but root is asked.
# shellcheck disable=SC2086
if ! { $root apt-get update && $root apt-get install --yes --no-install-recommends $missing; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "Debian's packages could not be installed; the lines above say why." >&2
  exit 1
fi
