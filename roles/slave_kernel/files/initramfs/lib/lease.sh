# shellcheck shell=sh
# What DHCP said, from the variables that udhcpc sets: only values that are what they claim to be come through.

# Those of the words $1 that are addresses, with commas between them.
addresses() {
    list=
    # A list of words, and no pattern in it may become names of files.
    set -f
    for word in $1; do
        if is_ipv4 "$word"; then list=${list:+$list,}$word; fi
    done
    set +f
    printf '%s' "$list"
}

# The lease as lines of name=value; fails where there is no usable address.
lease_lines() {
    is_ipv4 "${ip:-}" && is_number "${mask:-}" 1 32 || return 1
    printf 'address=%s\nprefix=%s\n' "$ip" "$mask"
    printf 'router=%s\n' "$(addresses "${router:-}")"
    printf 'dns=%s\n' "$(addresses "${dns:-}")"
    printf 'ntp=%s\n' "$(addresses "${ntpsrv:-}")"
    printf 'server=%s\n' "$(addresses "${serverid:-}")"
    # Some servers send the whole name of the machine.
    name=${hostname:-}
    name=${name%%.*}
    if is_label "$name"; then printf 'hostname=%s\n' "$name"; else echo hostname=; fi
    zone=${domain:-}
    zone=${zone%.}
    if is_domain "$zone"; then printf 'domain=%s\n' "$zone"; else echo domain=; fi
    if is_number "${mtu:-}" 576 9216; then printf 'mtu=%s\n' "$mtu"; else echo mtu=; fi
}

# The value of the name $1 in the lease $2.
lease_value() {
    sed -n "s/^$1=//p" "$2"
}

# What this computer is called: the kernel's command line says so on a network whose DHCP server does not know it.
host_name() {
    name=$(cmdline_last systemd.hostname "$CMDLINE")
    name=${name:-$(cmdline_last hostname "$CMDLINE")}
    if is_label "$name"; then echo "$name"; else lease_value hostname "$LEASE"; fi
}

# The lease $1 as resolv.conf(5).
resolv_conf() {
    zone=$(lease_value domain "$1")
    if [ -n "$zone" ]; then printf 'search %s\n' "$zone"; fi
    lease_value dns "$1" | tr ',' '\n' | sed -n 's/^\(.\{1,\}\)$/nameserver \1/p'
}
