# shellcheck shell=sh
# What a computer keeps on its master of its own: directories that are made once, of what the root has there, and bound over it
# before services start.
# shellcheck disable=SC2154 # the step sets store, the directory on the master, and root.sh systemd

# /var/lib/a-b → var-lib-a\x2db, the name of its mount unit (systemd.unit(5), "String Escaping").
unit_name() {
    printf '%s\n' "${1#/}" | sed 's/-/\\x2d/g; s/@/\\x40/g; s/+/\\x2b/g; s/~/\\x7e/g; s/^\./\\x2e/; s|/|-|g'
}

# The number of the name $1 in the root's file $2 (passwd, group); what is a number already stays one. Fails where there is none.
number_of() {
    case $1 in *[!0-9]*) ;; *) echo "$1"; return ;; esac
    NAME=$1 awk -F: '$1 == ENVIRON["NAME"] { print $3; found = 1; exit } END { exit !found }' "$NEW_ROOT/etc/$2"
}

# The item diskless.keep=<path>[,<mode>,<owner>,<group>]: sets keep and, maybe to nothing, mode, owner, group; fails for what is none.
keep_parts() {
    keep=${1%%,*} mode='' owner='' group=''
    case $1 in
        *,*,*,*,*) return 1 ;;
        *,*,*,*)
            rest=${1#*,} mode=${rest%%,*}
            rest=${rest#*,} owner=${rest%,*} group=${rest#*,}
            ;;
        *,*) return 1 ;;
    esac
    case $mode in *[!0-7]*) return 1 ;; esac
    case $owner$group in *[!A-Za-z0-9._-]*) return 1 ;; esac
    is_path "$keep"
}

# Fails where a part of the path $1 is a link in the root, or in the store: what it says is not what would be kept.
leads_straight() {
    part=$1
    while [ -n "$part" ]; do
        if [ -L "$NEW_ROOT$part" ] || [ -L "$store$part" ]; then return 1; fi
        part=${part%/*}
    done
}

is_kept() {
    grep -qsxF "$1" "$store/.kept"
}

# Makes $1 in the store, where it is not yet: with what the root has there. Not under its name until it is whole.
fill() {
    if [ -d "$store$1" ] && is_kept "$1"; then return; fi
    rm -rf "$store/.filling" || return 1
    if [ -d "$NEW_ROOT$1" ]; then
        cp -a "$NEW_ROOT$1" "$store/.filling" || return 1
    else
        mkdir -m 0755 "$store/.filling" || return 1
    fi
    if [ -d "$store$1" ]; then
        merge "$store/.filling" "$store$1" || return 1
    else
        mkdir -p "$store${1%/*}" && mv "$store/.filling" "$store$1" || return 1
    fi
    rm -rf "$store/.filling"
    if ! is_kept "$1"; then echo "$1" >> "$store/.kept"; fi
}

# Moves what is in $1 into $2, a directory of the store on the way to what was kept before: that is not touched.
merge() {
    chown "$(stat -c %u:%g "$1")" "$2" && chmod "$(stat -c %a "$1")" "$2" || return 1
    for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
        if ! is_there "$entry"; then continue; fi
        there=$2/${entry##*/}
        if ! is_there "$there"; then
            mv "$entry" "$there" || return 1
        elif [ -d "$entry" ] && [ -d "$there" ] && [ ! -L "$entry" ] && [ ! -L "$there" ] && ! is_kept "${there#"$store"}"; then
            # Not to lose these variables.
            (merge "$entry" "$there") || return 1
        fi
    done
}

# Gives what belongs to the number that owns the directory $3, in it, to $2; $1: user or group. Another image may count otherwise.
give() {
    case $1 in
        user) had=$(stat -c %u "$3") change=chown ;;
        group) had=$(stat -c %g "$3") change=chgrp ;;
    esac
    if [ "$had" = "$2" ]; then return; fi
    # The directory itself last: it tells the next start whether all of this was done.
    find "$3" -xdev -depth "-$1" "$had" -exec "$change" -h "$2" {} +
}

# Has $1 lie over the root, now or, where systemd is told of it, before services start. By a unit, not fstab: systemd takes what lies on
# NFS for remote, and would unmount it while the services still write there.
bind() {
    if [ -z "$systemd" ]; then
        if is_mounted "$NEW_ROOT$1"; then return; fi
        mkdir -p "$NEW_ROOT$1" && mount -o bind "$store$1" "$NEW_ROOT$1"
        return
    fi
    units=/run/systemd/system
    unit=$(unit_name "$1").mount
    mkdir -p "$units/local-fs.target.requires" || return 1
    printf '%s\n' '[Unit]' "Description=This computer's own $1" DefaultDependencies=no Conflicts=umount.target \
        'Before=local-fs.target umount.target' '[Mount]' "What=$store$1" "Where=$1" Type=none Options=bind > "$units/$unit" || return 1
    ln -sf "../$unit" "$units/local-fs.target.requires/"
}
