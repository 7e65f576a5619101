# shellcheck shell=sh
# Words for whoever looks: one line for the kernel's log, or loud ones on every console.

# The kernel's log shows it with the seconds since the start, and the journal of the slave keeps it.
log() {
    printf '<6>diskless: %s\n' "$1" > /dev/kmsg
}

# On all consoles, also under "quiet": a screen and a serial line each get it, and 80 columns suffice.
shout() {
    read -r consoles < /sys/class/tty/console/active || consoles=console
    for console in $consoles; do
        printf '%s\n' "$1" | fold -s -w 78 | sed 's/$/\r/' > "/dev/$console" || true
    done
}
