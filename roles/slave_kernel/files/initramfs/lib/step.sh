# shellcheck shell=sh
# What every step uses: where things stand, and how it ends. Steps run by "sh -eu", apart from PID 1.
# shellcheck disable=SC2034 # the steps use these

CMDLINE=/tmp/cmdline            # the kernel's command line, one item a line
RUN=/run/diskless               # what the running slave finds
LEASE=$RUN/lease
INTERFACE=$RUN/interface
MOUNTS=/run/initramfs           # systemd leaves alone what is mounted here when it shuts down (file-hierarchy(7))
NEW_ROOT=/sysroot
BELOW=/tmp/below                # holds the directory of the image, which lies under the overlay
ABOVE=$MOUNTS/rw                # the writes of this computer, over it
BOOT_FILE="On the master: the boot file of this computer, below pxelinux.cfg/."

# Ends a step that worked: $1 is one short line.
done_with() {
    printf '%s\n' "$1" > /tmp/result
    exit 0
}

# Ends a step that failed: $1 what happened, $2 what to check.
fail() {
    printf '%s\n' "$1" > /tmp/problem
    printf '%s\n' "$2" > /tmp/check
    exit 1
}

is_mounted() {
    grep -q " $1 " /proc/mounts
}

# A link that leads nowhere is there, too.
is_there() {
    [ -e "$1" ] || [ -L "$1" ]
}

# Sets server, path and options from nfsroot=.
read_nfsroot() {
    nfsroot=$(cmdline_last nfsroot "$CMDLINE")
    server='' path='' options=''
    # The shell takes away empty lines at the end.
    { read -r server && read -r path && { read -r options || options=; }; } << PARTS || true
$(nfsroot_parts "$nfsroot")
PARTS
    if ! is_ipv4 "$server" || ! is_path "$path"; then
        fail "The kernel's command line has no usable nfsroot=<address of the master>:<path>; it says '$nfsroot'." \
            "$BOOT_FILE"
    fi
}
