# shellcheck shell=sh
# The kernel's command line: split once into one item a line, then asked by name.

# Splits the standard input at spaces that no double quotes enclose, as the kernel does; what stands after "--" is init's.
cmdline_items() {
    awk '
        function item() {
            if (text == "--") exit
            if (text != "") print text
            text = ""
        }
        {
            quoted = 0
            for (i = 1; i <= length($0); i++) {
                character = substr($0, i, 1)
                if (character == "\"") quoted = !quoted
                else if (!quoted && (character == " " || character == "\t")) item()
                else text = text character
            }
            item()
        }'
}

# Every value of the name $1 in the file of items $2, one a line.
cmdline_all() {
    while IFS= read -r item; do
        case $item in "$1="*) printf '%s\n' "${item#"$1="}" ;; esac
    done < "$2"
}

# The last value of the name $1 in the file of items $2: the later one wins.
cmdline_last() {
    last=
    while IFS= read -r item; do
        case $item in "$1="*) last=${item#"$1="} ;; esac
    done < "$2"
    if [ -n "$last" ]; then printf '%s\n' "$last"; fi
}

# Whether the word $1 stands alone in the file of items $2.
cmdline_has() {
    while IFS= read -r item; do
        if [ "$item" = "$1" ]; then return 0; fi
    done < "$2"
    return 1
}

# nfsroot=<server>:<path>[,<options>] (nfsroot.rst) → three lines.
nfsroot_parts() {
    rest=${1#*:}
    case $1 in *:*) printf '%s\n' "${1%%:*}" ;; *) echo ;; esac
    printf '%s\n' "${rest%%,*}"
    case $rest in *,*) printf '%s\n' "${rest#*,}" ;; *) echo ;; esac
}

# <path>,<fstype>,<source>,<options> → a line of fstab(5); fails for what has no three parts or would break the line.
fstab_line() {
    case $1 in *[!A-Za-z0-9/._+@:~=,%-]*) return 1 ;; /*,?*,?*) ;; *) return 1 ;; esac
    mount_path=${1%%,*}
    rest=${1#*,}
    mount_type=${rest%%,*}
    rest=${rest#*,}
    mount_source=${rest%%,*}
    case $rest in *,?*) mount_options=${rest#*,} ;; *) mount_options=defaults ;; esac
    if [ -z "$mount_type" ] || [ -z "$mount_source" ]; then return 1; fi
    printf '%s %s %s %s 0 0\n' "$mount_source" "$mount_path" "$mount_type" "$mount_options"
}

# zram, zram,<bytes> or file,<bytes> → the words of /run/diskless/swap; fails for what is none of them.
swap_words() {
    case $1 in
        zram) echo zram ;;
        *,*[!0-9]* | *, | *,0* | *,????????????????*) return 1 ;;
        zram,* | file,*) echo "${1%%,*} ${1#*,}" ;;
        *) return 1 ;;
    esac
}
