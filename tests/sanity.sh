#!/bin/sh
# Runs ansible-test's sanity checks on what git knows of this checkout (see ansible-test(1)).
#
# ansible-test wants the collection in a real folder ansible_collections/<namespace>/<name>; the checkout reaches itself through a
# symbolic link, so the files are copied first. It also looks for a pip bootstrap script in its cache before it asks the network;
# the interpreter's own ensurepip serves as one.
set -eu

cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
python=$(realpath --no-symlinks "$python")
home=$PWD/build/sanity
tree=$home/ansible_collections/diskless/netboot

rm -rf "$home/ansible_collections"
mkdir -p "$tree" "$home/.ansible/test/cache"
# The link that a checkout needs has no place in a real folder of the collection's name.
git ls-files -z --cached --others --exclude-standard -- . ':!collections/ansible_collections' |
  rsync --archive --from0 --files-from=- --ignore-missing-args ./ "$tree/"
# A repository of its own, or ansible-test would take the files for ignored ones of ours.
git -C "$tree" init --quiet

cat >"$home/.ansible/test/cache/get_pip_24_2.py" <<'EOF'
"""Stands in for the pip bootstrap script: installs the pip that comes with the interpreter."""
import subprocess
import sys

sys.exit(subprocess.run([sys.executable, "-m", "ensurepip", "--default-pip"], check=False).returncode)
EOF

log=$home/sanity.log
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
cd "$tree"
if HOME=$home PATH="$(dirname "$python"):$PATH" "$(dirname "$python")/ansible-test" sanity \
  --python "$version" --color no "$@" >"$log" 2>&1; then
  echo "sanity: $(grep -c '^Running sanity test' "$log") tests of ansible-test"
else
  grep -E '^(ERROR|FATAL|WARNING)' "$log" || tail -n 40 "$log"
  echo "sanity failed; the whole log is $log" >&2
  exit 1
fi
