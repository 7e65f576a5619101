#!/bin/sh
# serve.sh ROOT: makes this machine an LTSP server, as its documentation has it, of the root in the squashfs file ROOT.
# Beside it lie ltsp.conf and ganesha.conf.
set -eu

here=$(dirname "$0")
root=/srv/ltsp/bench
export DEBIAN_FRONTEND=noninteractive

apt-get update
# Ganesha stands for the NFS server of a kernel that has none; everything else is what LTSP suggests.
apt-get install --yes --no-install-recommends \
  cpio dnsmasq ipxe ltsp nfs-ganesha nfs-ganesha-vfs rpcbind squashfs-tools

mkdir -p /srv/ltsp
unsquashfs -no-progress -d "$root" "$1"
# What the root lacks to be started by LTSP: its hook for the initramfs, and zstd, which packs that one better than gzip.
cp --remove-destination /etc/resolv.conf "$root/etc/resolv.conf"
cp /etc/apt/apt.conf.d/* "$root/etc/apt/apt.conf.d/"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
chroot "$root" apt-get update
chroot "$root" apt-get install --yes --no-install-recommends ltsp zstd
# By its path: the one that stands before it in the PATH does nothing, as slaves are started by their master.
chroot "$root" /usr/sbin/update-initramfs -c -k all
umount "$root/proc" "$root/dev"

install -D -m 0644 "$here/ltsp.conf" /etc/ltsp/ltsp.conf
# Not at the lowest priority: nobody else works here.
ltsp image --ionice='' bench
ltsp ipxe
ltsp initrd
ltsp dnsmasq
install -m 0644 "$here/ganesha.conf" /etc/ganesha/ganesha.conf
systemctl restart nfs-ganesha
# `ltsp image` only warns where it has found none to publish.
[ -s /srv/tftp/ltsp/bench/initrd.img ] || { echo 'LTSP has published neither kernel nor initramfs' >&2; exit 1; }
