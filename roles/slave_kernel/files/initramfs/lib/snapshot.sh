# shellcheck shell=sh
# A root that is one writable file system: the blocks that this computer changes go to a device of its own, and are
# forgotten at the next start (dm-snapshot; snapshot.rst of the kernel).
# shellcheck disable=SC2154 # root.sh sets own, type and device

snapshot_root() {
    read_own diskless.cow
    read_type
    modprobe -qa dm_mod dm_snapshot "$type" || true
    if [ ! -e /dev/mapper/root ]; then
        # What the last session wrote gives its room on the server back; without that it is overwritten bit by bit.
        blkdiscard "$own" 2> /dev/null || true
        sectors=$(cat "/sys/block/${device#/dev/}/size")
        # N: the table of changed blocks is in memory alone; 8 sectors are a block of 4096 bytes.
        if ! error=$(DM_DISABLE_UDEV=1 dmsetup create root --table "0 $sectors snapshot $device $own N 8" 2>&1); then
            fail "The changes of this computer cannot go to $own: $(echo "$error" | tail -n 1)." \
                "The kernel's messages above. On the master: the size of $(export_of "$own")."
        fi
    fi
    case $type in btrfs) options=rw,noatime,compress=zstd ;; *) options=rw,noatime ;; esac
    if ! error=$(mount -t "$type" -o "$options" /dev/mapper/root "$NEW_ROOT" 2>&1); then
        fail_image "$(export_of "$device") ($type on $device)" "$error"
    fi
    done_with "root: $(export_of "$device") ($type), changed blocks on $own until the next start"
}
