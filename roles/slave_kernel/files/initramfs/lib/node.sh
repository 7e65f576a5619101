# shellcheck shell=sh
# What is this computer's own, fetched from its master and put over its root: files with their owners and modes, and root's password.
# What is already so is not written again: a root may be a tree on the server, or a disk.
# shellcheck disable=SC2154 # root.sh sets kind, and step.sh LEASE

RANDOM_SEED=/var/lib/systemd/random-seed
PORTS=/proc/sys/net/ipv4

# The item diskless.node=<server>:<port>/<name>: sets server, port and name; fails for what is none.
node_parts() {
    server=${1%%:*}
    rest=${1#*:}
    port=${rest%%/*}
    name=${rest#*/}
    case $name in '' | *[!A-Za-z0-9._-]*) return 1 ;; esac
    [ "$1" = "$server:$port/$name" ] && is_ipv4 "$server" && is_number "$port" 1 65535
}

# Has connections begin at ports of root's alone, and below those of the kernel's NFS client (665): busybox' nc cannot choose its port.
# The kernel takes no such range unless everybody may have it (ip_local_port_range in its ip-sysctl.rst). Nobody else runs yet.
root_ports() {
    echo 512 > "$PORTS/ip_unprivileged_port_start"
    echo "512 639" > "$PORTS/ip_local_port_range"
}

# And from then on as before: $1 is the range, $2 where everybody's ports begin.
usual_ports() {
    echo "$1" > "$PORTS/ip_local_port_range"
    echo "$2" > "$PORTS/ip_unprivileged_port_start"
}

# Puts into /tmp/node, as a tar, what the master has of this computer alone. The master is told what this computer starts with.
fetch_node() {
    me=$(lease_value address "$LEASE")/$(lease_value prefix "$LEASE")
    if ! refusal=$(echo "$name $(generation)" | timeout -s KILL 120 nc -w 5 "$server" "$port" 2>&1 > /tmp/node); then
        case $refusal in
            *refused*)
                fail "The computer $server answers, but does not give machines what is their own (TCP port $port: connection refused)." \
                    "On $server: systemctl status diskless-nodes.socket. site.yml starts it."
                ;;
        esac
        refusal=${refusal:-no answer in 120 s}
        fail "$server, which has what is this computer's own, cannot be reached from $me (TCP port $port: ${refusal##*: })." \
            "Is $server switched on? Is its address right (master_ip)? Does a firewall block TCP port $port? Is the router of this network right: $(lease_value router "$LEASE")?"
    fi
    if [ ! -s /tmp/node ]; then
        fail "$server does not give this computer, $me, what is the own of $name." \
            "On $server: journalctl -u 'diskless-nodes*' says why. Is this the address of $name (slave_ip)? Run site.yml again."
    fi
    if [ "$(tail -c 6 /tmp/node)" != whole ]; then
        fail "$server began to give what is this computer's own, and did not end." "On $server: journalctl -u 'diskless-nodes*' says why."
    fi
}

# Whether the root is another time what it is left as.
root_stays() {
    case $kind in nfs_tree | persist) return 0 ;; esac
    return 1
}

# Sets delivered to a directory of a root that stays: files lists what was put there, before/ holds what it lay over, and
# password is there where root was given one.
open_delivered() {
    enter /var/lib/diskless || return 1
    delivered=$directory
    chmod 0700 "$delivered"
}

# Sets directory to where $1, a directory of the root, really is, and makes what lacks of it. Its links lead where they will
# lead the running system, inside of the root. Those of others than root lead nowhere: a user could have root's files go anywhere.
enter() {
    directory=$NEW_ROOT
    rest=$1
    links=0
    while [ -n "$rest" ]; do
        part=${rest%%/*}
        case $rest in */*) rest=${rest#*/} ;; *) rest= ;; esac
        case $part in
            '' | .) continue ;;
            ..)
                if [ "$directory" != "$NEW_ROOT" ]; then directory=${directory%/*}; fi
                continue
                ;;
        esac
        next=$directory/$part
        if [ -L "$next" ] && [ "$links" -lt 40 ] && [ "$(stat -c %u "$next")" = 0 ]; then
            links=$((links + 1))
            link=$(readlink "$next")
            case $link in /*) directory=$NEW_ROOT ;; esac
            rest=$link/$rest
            continue
        fi
        if [ -L "$next" ] || [ ! -d "$next" ]; then
            rm -f "$next" && mkdir -m 0755 "$next" || return 1
        fi
        directory=$next
    done
}

owner_and_mode() {
    stat -c '%u:%g %a' "$1"
}

# The directory $1 is the way to the file of this computer that is in it: made as it is, where there is none.
put_directory() {
    enter "${2%/*}" || return 1
    made=$directory/${2##*/}
    if is_there "$made"; then return; fi
    mkdir -m 0700 "$made" && chown "$(stat -c %u:%g "$1")" "$made" && chmod "$(stat -c %a "$1")" "$made"
}

# The file $1 is at $2 of the root, whatever was there.
put_file() {
    enter "${2%/*}" || return 1
    target=$directory/${2##*/}
    if [ -f "$target" ] && [ ! -L "$target" ]; then
        # The system makes a new one at each start: this one is for the first.
        if [ "$2" = "$RANDOM_SEED" ]; then return; fi
        if [ "$(owner_and_mode "$1")" = "$(owner_and_mode "$target")" ] && cmp -s "$1" "$target"; then return; fi
    fi
    if root_stays; then
        remember "$2" "$target" || return 1
    fi
    if [ -d "$target" ] && [ ! -L "$target" ]; then
        echo "it is a directory: Is a directory"
        return 1
    fi
    put_copy "$1" "$target"
}

# Puts a copy of $1 at $2 by one rename: the root may stay, and the power may go.
put_copy() {
    rm -rf "$2.diskless" && cp -a "$1" "$2.diskless" || return 1
    # A link to a directory would take it in.
    if [ -L "$2" ]; then rm -f "$2"; fi
    mv -f "$2.diskless" "$2"
}

# Whether $1 lies in a directory that this computer shares with others, read-only. The step 70-shared has looked at their names.
is_shared() {
    for common in $(shared_directories); do
        case $1 in "$common"/*) return 0 ;; esac
    done
    return 1
}

# Writes down that $1 was put there, and keeps what is at its place, $2.
remember() {
    if grep -qxF "$1" "$delivered/files"; then return; fi
    if [ -f "$2" ] || [ -L "$2" ]; then
        mkdir -p "$delivered/before${1%/*}" && mv -f "$2" "$delivered/before$1" || return 1
    fi
    echo "$1" >> "$delivered/files"
}

# What was put there at an earlier start, and is not in the tree $1 any more, goes; what it lay over comes back.
withdraw_files() {
    if [ ! -e "$delivered/files" ]; then : > "$delivered/files" || return 1; fi
    : > /tmp/delivered
    : > /tmp/withdrawn
    while IFS= read -r path; do
        if [ -f "$1$path" ]; then
            echo "$path" >> /tmp/delivered
            continue
        fi
        echo "$path" >> /tmp/withdrawn
        if is_shared "$path"; then continue; fi
        enter "${path%/*}" || return 1
        target=$directory/${path##*/}
        # That would be somebody else's.
        if [ -d "$target" ] && [ ! -L "$target" ]; then continue; fi
        # A copy, and kept until the list is without it: who is stopped in between does all of this once more.
        if is_there "$delivered/before$path"; then
            put_copy "$delivered/before$path" "$target" || return 1
        else
            rm -f "$target" || return 1
        fi
    done < "$delivered/files"
    if [ ! -s /tmp/withdrawn ]; then return; fi
    cp /tmp/delivered "$delivered/files.new" && mv -f "$delivered/files.new" "$delivered/files" || return 1
    while IFS= read -r path; do rm -f "$delivered/before$path"; done < /tmp/withdrawn
}

# Gives root the password whose hash is in the file $1 or, where that was done before and is not wanted any more, none.
put_password() {
    enter /etc || return 1
    shadow=$directory/shadow
    if [ -s "$1" ]; then
        read -r hash < "$1"
        if root_stays; then touch "$delivered/password" || return 1; fi
    elif root_stays && [ -e "$delivered/password" ]; then
        hash='*'
    else
        return 0
    fi
    if ! grep -q '^root:' "$shadow"; then
        echo "it has no root: No such user"
        return 1
    fi
    rm -f "$shadow.diskless" && cp -p "$shadow" "$shadow.diskless" || return 1
    HASH=$hash awk 'BEGIN { FS = OFS = ":" } $1 == "root" { $2 = ENVIRON["HASH"] } { print }' "$shadow" \
        > "$shadow.diskless" || return 1
    if cmp -s "$shadow" "$shadow.diskless"; then
        rm -f "$shadow.diskless"
    else
        mv -f "$shadow.diskless" "$shadow"
    fi || return 1
    if [ ! -s "$1" ]; then rm -f "$delivered/password"; fi
}
