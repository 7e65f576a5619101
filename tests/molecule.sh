#!/bin/sh
# molecule.sh SCENARIO...: tests each role on a fresh master in a lab of its own; a line each, and the log of one that fails.
# Goes on after a failure, so that one run names all that is wrong.
set -u

cd "$(dirname "$0")/.." || exit 1
mkdir -p build/molecule
failed=

for scenario; do
  log=build/molecule/$scenario.log
  printf 'molecule: %s ... ' "$scenario"
  if .venv/bin/python -m tests.lab exec --id molecule -- molecule test -s "$scenario" >"$log" 2>&1; then
    # The verifier's own last line: so many passed.
    sed -n 's/.* \([0-9]* passed.* in [0-9.]*s\).*/\1/p' "$log" | tail -n 1
  else
    echo 'FAILED'
    tail -n 60 "$log"
    failed="$failed $scenario"
  fi
done

[ -z "$failed" ] || { echo "failed:$failed; the whole logs are in build/molecule" >&2; exit 1; }
