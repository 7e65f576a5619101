# shellcheck shell=sh
# What kind of root the kernel's command line asks for, and what it names for it.
# shellcheck disable=SC2034,SC2154 # the steps use what is set here, and set server and path

# Sets kind (nfs_tree, nfs_overlay, nbd_overlay, persist, nbd_cow) and device (that of the image, or empty).
read_root() {
    device=$(cmdline_last root "$CMDLINE")
    if ! is_nbd "$device"; then
        device=
        kind=nfs_tree
        if [ -n "$(cmdline_last diskless.lower "$CMDLINE")" ]; then kind=nfs_overlay; fi
    elif [ -n "$(cmdline_last diskless.cow "$CMDLINE")" ]; then
        kind=nbd_cow
    elif [ -n "$(cmdline_last diskless.upper "$CMDLINE")" ]; then
        kind=persist
    else
        kind=nbd_overlay
    fi
}

# Sets type, the file system of an image on a block device.
read_type() {
    type=$(cmdline_last rootfstype "$CMDLINE")
    case $type in
        squashfs | erofs | ext4 | btrfs) ;;
        *) fail "The kernel's command line has no usable rootfstype=; it says '$type'." "$BOOT_FILE" ;;
    esac
}

# Sets own to the block device that the item $1 names, one of this computer's own.
read_own() {
    own=$(cmdline_last "$1" "$CMDLINE")
    if ! is_nbd "$own" || [ "$own" = "$device" ]; then
        fail "The kernel's command line has no usable $1=/dev/nbd<n>; it says '$own'." "$BOOT_FILE"
    fi
}

# The item diskless.nbd=<n>,<server>,<export>,ro|rw → four lines; fails for what is none.
nbd_parts() {
    number=${1%%,*}
    rest=${1#*,}
    server=${rest%%,*}
    rest=${rest#*,}
    export=${rest%,*}
    access=${rest##*,}
    [ -n "$export" ] && is_nbd "/dev/nbd$number" && is_ipv4 "$server" && is_path "/$export" || return 1
    case $access in ro | rw) ;; *) return 1 ;; esac
    printf '%s\n' "$number" "$server" "$export" "$access"
}

# The name of the export that is behind the block device $1.
export_of() {
    cmdline_all diskless.nbd "$CMDLINE" | sed -n "s|^${1#/dev/nbd},[^,]*,\([^,]*\),.*|\1|p"
}

# Sets init to the first process of the root, and systemd (yes, or empty) to whether that is systemd.
read_init() {
    init=$(cmdline_last init "$CMDLINE")
    init=${init:-/sbin/init}
    case $init/$(readlink "$NEW_ROOT$init") in */systemd | */systemd/) systemd=yes ;; *) systemd= ;; esac
}

# The directories that this computer's tree shares with others, one a line.
shared_directories() {
    shared=$(cmdline_last diskless.shared "$CMDLINE")
    printf '%s' "${shared#*:}" | tr ',' '\n'
}

# What this computer runs, as <image>/<generation>, by where its image is; nothing for a tree of its own that shares nothing.
generation() {
    case $kind in
        nfs_overlay) place=$(cmdline_last nfsroot "$CMDLINE")/ ;;
        nfs_tree) place=$(cmdline_last diskless.shared "$CMDLINE") ;;
        *) place=/$(export_of "$device") ;;
    esac
    printf '%s\n' "$place" | sed -n 's|^.*/images/\([^/]*/[^/,]*\)[/,].*|\1|p'
}

# Mounts the image $1, a file on the server's directory at $MOUNTS/nfs, at $2.
mount_file() {
    modprobe -qa loop squashfs || true
    # squashfs asks for blocks of its own size and reads ahead itself: of NFS' usual 128 KiB a quarter was never used. Before
    # the file is opened, as it keeps the value. With 4 KiB there were five times as many requests, and the start took longer.
    ahead=/sys/class/bdi/$(sed -n "s|^[0-9]* [0-9]* \([0-9:]*\) / $MOUNTS/nfs .*|\1|p" /proc/self/mountinfo)/read_ahead_kb
    if [ -w "$ahead" ]; then echo 32 > "$ahead"; fi
    if ! error=$(mount -t squashfs -o loop,ro "$1" "$2" 2>&1); then
        fail_image "$server:$path/${1##*/} (squashfs)" "$error"
    fi
}

# Fails: the generation's directory, path on server, has no $1.
fail_absent() {
    fail "The image $server:$path/$1 is not there." \
        "On $server: ls -l $path; run site.yml again: it adds a tree that is missing, and says what to do about a folder without its root.squashfs."
}

# Fails: the image $1 cannot be used, as mount says ($2). A file that is made anew under its name would be of no use: this
# computer has the old one as long as it runs, and others may be running from it.
fail_image() {
    fail "The image $1 cannot be mounted: ${2##*failed: }." \
        "The kernel's messages above. On the master: give the image another revision and run site.yml; then restart this computer (Ctrl-Alt-Del)."
}
