#!/bin/sh
# Every check of style and types; goes on after a failure, so that one run names all that is wrong.
set -u

cd "$(dirname "$0")/.." || exit 1
PATH=$PWD/.venv/bin:$PATH
failed=

check() {
  echo "lint: $1"
  shift
  "$@" || failed="$failed $1"
}

check 'ruff check' ruff check --quiet .
check 'ruff format' ruff format --quiet --diff .
check 'mypy --strict' mypy plugins tests
check 'yamllint' yamllint --strict .
check 'ansible-lint, profile production' ansible-lint --quiet --strict
# shellcheck disable=SC2046 # the word splitting is wanted: no script here has a space in its name
check 'shellcheck' shellcheck $(git ls-files --cached --others --exclude-standard | xargs grep -lE '^#!(/usr)?/bin/(env )?(ba|busybox )?sh' --)

[ -z "$failed" ] || { echo "failed:$failed" >&2; exit 1; }
