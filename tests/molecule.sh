#!/bin/sh
# molecule.sh SCENARIO...: tests each role on a fresh master in a lab of its own; a line each, and the logs of those that fail.
# As many at once as there are processors, for each keeps one busy. Goes on after a failure, so that one run names all that is wrong.
set -u

cd "$(dirname "$0")/.." || exit 1

LOGS=build/molecule

if [ "$1" = --one ]; then
  log=$LOGS/$2.log
  if .venv/bin/python -m tests.lab exec --id "molecule-$2" -- molecule test -s "$2" >"$log" 2>&1; then
    # The verifier's own last line: so many passed. One printf, so that no other line comes between.
    printf 'molecule: %s ... %s\n' "$2" "$(sed -n 's/.* \([0-9]* passed.* in [0-9.]*s\).*/\1/p' "$log" | tail -n 1)"
  else
    mv "$log" "$log.failed"
    printf 'molecule: %s ... FAILED\n' "$2"
    exit 1
  fi
  exit
fi

mkdir -p "$LOGS"
rm -f "$LOGS"/*.failed
printf '%s\n' "$@" | xargs --max-args=1 --max-procs="$(nproc)" "$0" --one && exit

# Last, where it is looked for; without molecule's cleaning up after the step that failed.
for log in "$LOGS"/*.failed; do
  printf '\n%s\n' "$log"
  sed '/Executed: .*Failed/q' "$log" | tail -n 60
done >&2
exit 1
