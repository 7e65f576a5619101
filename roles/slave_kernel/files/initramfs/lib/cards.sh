# shellcheck shell=sh
# Network cards and their drivers.

# Loads the driver of every device that has shown up since the last call.
load_drivers() {
    touch /tmp/modaliases.seen
    # A driver that loads may bring a bus with devices of its own (virtio, USB): again until nothing is new.
    for _ in 1 2 3 4 5 6 7 8; do
        # By bus: to go through all of /sys/devices takes a second each time on a slow machine.
        cat /sys/bus/*/devices/*/modalias 2> /dev/null | sort -u > /tmp/modaliases
        # What has been seen stands there twice more.
        sort /tmp/modaliases /tmp/modaliases.seen /tmp/modaliases.seen | uniq -u > /tmp/modaliases.new
        if [ ! -s /tmp/modaliases.new ]; then return 0; fi
        tr '\n' '\0' < /tmp/modaliases.new | xargs -0 modprobe -qa || true
        cp /tmp/modaliases /tmp/modaliases.seen
    done
}

# The names of the Ethernet cards, one a line; no loopback, tunnel or wireless interface.
ethernet_cards() {
    for card in /sys/class/net/*; do
        if [ -e "$card/device" ] && [ ! -e "$card/phy80211" ] && [ "$(cat "$card/type")" = 1 ]; then
            echo "${card##*/}"
        fi
    done
}

mac_of() {
    cat "/sys/class/net/$1/address"
}

driver_of() {
    driver=$(readlink "/sys/class/net/$1/device/driver" || true)
    echo "${driver##*/}"
}

# "eth0 (52:54:00:00:00:01, e1000)" for each of the names.
describe_cards() {
    for name; do
        echo "$name ($(mac_of "$name"), $(driver_of "$name"))"
    done
}

# The cards that the firmware said to boot from (BOOTIF), or all.
wanted_cards() {
    mac=$(bootif_mac "$(cmdline_last BOOTIF "$CMDLINE")")
    for name in $(ethernet_cards); do
        if [ -z "$mac" ] || [ "$(mac_of "$name")" = "$mac" ]; then echo "$name"; fi
    done
}

# PCI network controllers (class 02) that no driver has taken, as vendor:device.
cards_without_driver() {
    for device in /sys/bus/pci/devices/*; do
        if [ ! -e "$device/driver" ] && grep -q '^0x02' "$device/class" 2> /dev/null; then
            echo "$(sed 's/^0x//' "$device/vendor"):$(sed 's/^0x//' "$device/device")"
        fi
    done
}
