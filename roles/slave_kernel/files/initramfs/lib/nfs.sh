# shellcheck shell=sh
# Directories of an NFS server, mounted by the kernel's own options (nfs(5)): no mount.nfs is needed. server is its address.
# shellcheck disable=SC2153,SC2154 # the steps set it, and step.sh INTERFACE

# Fails where no NFS server answers: a server that is down would let a mount hang for minutes without a word.
require_nfs_server() {
    me=$(lease_value address "$LEASE")/$(lease_value prefix "$LEASE")
    if refusal=$(nc -w 5 "$server" 2049 < /dev/null 2>&1 > /dev/null); then return; fi
    case $refusal in
        *refused*)
            fail "The computer $server answers, but no NFS server runs on it (TCP port 2049: connection refused)." \
                "On $server: systemctl status nfs-server (or nfs-ganesha)."
            ;;
    esac
    fail "The NFS server $server cannot be reached from $me (TCP port 2049: ${refusal##*: })." \
        "Is $server switched on? Is its address right (master_ip)? Does a firewall block TCP port 2049? Is the router of this network right: $(lease_value router "$LEASE")?"
}

# To a server of NFS 4 all that call themselves alike are one client, which has restarted: each would end the others' state
# for ever (RFC 8881, 2.4.1). Linux calls itself by its host name, which a DHCP server need not give; with this, by its card too.
name_nfs_client() {
    modprobe -q nfs || true
    unique=/sys/module/nfs/parameters/nfs4_unique_id
    read -r interface < "$INTERFACE"
    if [ -e "$unique" ]; then printf %s "$(cat "/sys/class/net/$interface/address")" > "$unique" || true; fi
}

# Mounts the directory $2 at $3, $1 (ro, rw), with more options $4; sets version. Where that cannot be, the step fails.
mount_nfs() {
    mkdir -p "$3"
    if try_nfs "$@"; then return; fi
    fail "The NFS server $server does not give $2 to this computer: $error." \
        "On $server: is it there, and exported to this computer's address (exportfs -v, or /etc/ganesha)? Run site.yml again: it makes both."
}

# The same; fails and sets error.
try_nfs() {
    # The version that served the root serves the rest too.
    versions=$(sed -n "s|^$server:[^ ]* [^ ]* nfs4\{0,1\} [^ ]*vers=\([0-9.]*\).*|\1|p" /proc/mounts | tail -n 1)
    error=
    for version in ${versions:-4.2 3}; do
        asked=$version
        # nolock: nobody runs a lock daemon here.
        if [ "$version" = 3 ]; then
            modprobe -q nfsv3 || true
            asked=3,nolock,mountproto=tcp
        fi
        # A mount that hangs is ended, so that it can be told and tried again; it leaves no words of its own.
        if said=$(timeout -s KILL 40 mount -t nfs \
            -o "$1,addr=$server,proto=tcp,sec=sys,hard,vers=$asked${4:+,$4}" "$server:$2" "$3" 2>&1); then
            return 0
        fi
        said=${said##*failed: }
        case $said in
            *'No such file'*)
                error=$said
                return 1
                ;;
        esac
        error="$error${error:+; }version $version: ${said:-no answer in 40 s}"
        # A server that is only slow is asked for the same again: by version 3 it cannot see who uses what.
        if [ -z "$said" ]; then return 1; fi
    done
    return 1
}
