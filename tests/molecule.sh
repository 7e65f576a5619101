#!/bin/sh
# molecule.sh SCENARIO...: tests each role on a fresh master in a lab of its own; a line each, and the log of one that fails.
# As many at once as there are processors, for each keeps one busy. Goes on after a failure, so that one run names all that is wrong.
set -u

cd "$(dirname "$0")/.." || exit 1

one() {
  log=build/molecule/$1.log
  if .venv/bin/python -m tests.lab exec --id "molecule-$1" -- molecule test -s "$1" >"$log" 2>&1; then
    # The verifier's own last line: so many passed. One printf, so that no other line comes between.
    printf 'molecule: %s ... %s\n' "$1" "$(sed -n 's/.* \([0-9]* passed.* in [0-9.]*s\).*/\1/p' "$log" | tail -n 1)"
  else
    printf 'molecule: %s ... FAILED\n%s\n' "$1" "$(tail -n 60 "$log")"
    return 1
  fi
}

if [ "$1" = --one ]; then
  one "$2"
  exit
fi

mkdir -p build/molecule
printf '%s\n' "$@" | xargs --max-args=1 --max-procs="$(nproc)" "$0" --one ||
  { echo 'molecule failed; the whole logs are in build/molecule' >&2; exit 1; }
