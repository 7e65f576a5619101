#!/usr/bin/env bash
# boot.sh: the boot tests, in two halves at once, each in a lab of its own: while a playbook keeps one processor busy, slaves of the
# other half use the other. A line of output begins with its half. Arguments go to both.
set -uo pipefail

cd "$(dirname "$0")/.." || exit 1

LOGS=build/boot
mkdir -p "$LOGS"

half() {
  local name=$1
  shift
  .venv/bin/python -m tests.lab exec --id "boot-$name" -- .venv/bin/pytest --verbose --durations=15 "$@" 2>&1 |
    tee "$LOGS/$name.log" | sed --unbuffered "s/^/$name: /"
  local status=$?
  # It may be the lab's, when all tests have passed.
  echo "exit status $status" >> "$LOGS/$name.log"
  return $status
}

# Last, where it is looked for, as the other half may have gone on for long; the names at the very end, where a cut log still has them.
failed() {
  local name
  for name in "$@"; do
    printf '\n%s\n' "$LOGS/$name.log"
    sed -n '/^=* \(FAILURES\|ERRORS\) =*$/,/^=* slowest /p' "$LOGS/$name.log" | grep -v '^boot: ' | tail -n 100
  done
  for name in "$@"; do
    printf '\n%s\n' "$LOGS/$name.log"
    tail -n 10 "$LOGS/$name.log"
  done
}

# Each begins with a fresh master, and ends with what all its boots have left.
half servers tests/boot/test_[1-6]_*.py tests/boot/test_9[12]_*.py tests/boot/test_99_asked_for.py "$@" &
half slaves tests/boot/test_[78]_*.py tests/boot/test_99_secrets.py "$@"
slaves=$?
wait $!
servers=$?
set --
[ $servers = 0 ] || set -- servers
[ $slaves = 0 ] || set -- "$@" slaves
[ $# = 0 ] && exit
failed "$@" >&2
exit 1
