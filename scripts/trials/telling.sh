#!/usr/bin/env bash
# Shared by the trials of this folder. Sourced, never run, after scripts/lib.sh.

# tell WORDS: with the seconds since the begin.
tell() { printf '%5d  %s\n' "$SECONDS" "$*"; }

# tell_begin: the day, the machine, and what else it does.
tell_begin() {
  printf '%s, %s, %s processors with a load of %s beside it. Seconds since the begin.\n\n' "$(date -u +%F)" \
    "$(. /etc/os-release && echo "$PRETTY_NAME")" "$(nproc)" "$(cut -d' ' -f1 /proc/loadavg)"
}

# until_true SECONDS WHAT COMMAND...: ask again until it is.
until_true() {
  local end_s=$((SECONDS + $1)) what="$2"
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end_s" ] || die "not after its time: $what"
    sleep 0.5
  done
}
