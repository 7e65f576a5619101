# shellcheck shell=sh
# What the kernel's command line says of a name, by the shell alone: a slave waits for its generators, and each program that one
# calls comes over the network first.
# shellcheck disable=SC2034 # the generators use what is set here

# Sets values to the values of the name $1, and value to the last of them: the later one wins.
ask_cmdline() {
  value='' values=''
  read -r cmdline </proc/cmdline
  set -f
  for item in $cmdline; do
    case $item in "$1="*) value=${item#*=} values="$values ${item#*=}" ;; esac
  done
  set +f
}

# Sets seconds to how far apart slaves are to do what they do by the clock.
ask_spread() {
  ask_cmdline diskless.timers
  case $value in '' | *[!0-9]* | ??????*) seconds=1800 ;; *) seconds=$value ;; esac
}
