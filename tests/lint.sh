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
check 'mypy --strict' mypy collections/ansible_collections/diskless/netboot/plugins tests bench
check 'yamllint' yamllint --strict .
check 'ansible-lint, profile production' ansible-lint -q --strict
# Scripts that run on slaves source their libraries from where no checker finds them: copies that name the checkout's instead.
initramfs=roles/slave_kernel/files/initramfs
slave=roles/slave_rootfs/files/slave
rm -rf build/lint
mkdir -p build/lint
cp -r "$initramfs" "$slave" build/lint/
find build/lint -type f -exec sed -i 's#^\. /lib/#. build/lint/initramfs/lib/#; s#^\( *\)\. /usr/#\1. build/lint/slave/usr/#' {} +
# shellcheck disable=SC2046 # the word splitting is wanted: no script here has a space in its name
check 'shellcheck' shellcheck --external-sources \
  $({ git ls-files --cached --others --exclude-standard -- . ":!$initramfs" ":!$slave" && find build/lint -type f; } |
    xargs grep --directories=skip -nE '^#!(/sbin/openrc-run|(/usr)?/bin/(env )?(ba|busybox )?sh)' -- | sed -n 's/:1:.*//p')
# Slaves run these without the two modules, which the initramfs does not carry.
for script in "$initramfs/bin/nbd-attach" "$initramfs"/lib/*.pl; do
  check "perl -c $script" perl -Mstrict -Mwarnings -c "$script"
done

[ -z "$failed" ] || { echo "failed:$failed" >&2; exit 1; }
