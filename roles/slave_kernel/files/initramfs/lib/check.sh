# shellcheck shell=sh
# What a value from outside (DHCP, the kernel's command line) must look like before it is used.

# Four numbers of 0 to 255 with points between them.
is_ipv4() {
    case $1 in '' | *[!0-9.]* | .* | *. | *..*) return 1 ;; esac
    (
        IFS=.
        # shellcheck disable=SC2086 # it is to be split, and the characters are known to be harmless
        set -- $1
        [ $# -eq 4 ] || exit 1
        for octet; do
            [ "${#octet}" -le 3 ] && [ "$octet" -le 255 ] || exit 1
        done
    )
}

# A label of RFC 1123, section 2.1: letters, digits and inner hyphens, at most 63 of them.
is_label() {
    case $1 in '' | -* | *- | *[!A-Za-z0-9-]*) return 1 ;; esac
    [ "${#1}" -le 63 ]
}

# Labels with points between them, at most 253 characters.
is_domain() {
    case $1 in '' | *[!A-Za-z0-9.-]* | .* | *. | *..*) return 1 ;; esac
    [ "${#1}" -le 253 ] || return 1
    (
        IFS=.
        # shellcheck disable=SC2086 # as above
        set -- $1
        for label; do
            is_label "$label" || exit 1
        done
    )
}

# A whole number of at most 5 digits between the bounds $2 and $3.
is_number() {
    case $1 in '' | *[!0-9]*) return 1 ;; esac
    [ "${#1}" -le 5 ] && [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

# /dev/nbd0 to /dev/nbd15, as many as the step 55-nbd lets the kernel make.
is_nbd() {
    case $1 in /dev/nbd[0-9] | /dev/nbd1[0-5]) return 0 ;; esac
    return 1
}

# A path below /, without steps upwards, spaces or commas.
is_path() {
    case $1 in *[!A-Za-z0-9/._+@:~-]* | */../* | */..) return 1 ;; /*) return 0 ;; esac
    return 1
}

# 01-00-40-63-c2-ca-c9 as PXELINUX says it (SYSAPPEND 2) → 00:40:63:c2:ca:c9; nothing for what is no Ethernet address.
bootif_mac() {
    case $1 in
        01-[0-9A-Fa-f][0-9A-Fa-f]-[0-9A-Fa-f][0-9A-Fa-f]-[0-9A-Fa-f][0-9A-Fa-f]-[0-9A-Fa-f][0-9A-Fa-f]-[0-9A-Fa-f][0-9A-Fa-f]-[0-9A-Fa-f][0-9A-Fa-f])
            printf '%s\n' "${1#01-}" | tr 'A-F-' 'a-f:'
            ;;
    esac
}
