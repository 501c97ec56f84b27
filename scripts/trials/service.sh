#!/usr/bin/env bash
# A new administrator's way, word by word: bash scripts/trials/service.sh BUNDLE.tar [OLDER-BUNDLE.tar]
# In a bare Debian 12 with systemd, started in namespaces of its own without a network (boot.sh), what deploy/README.md and
# docs/operations.md say is typed; words that do not stand there end the trial. With an older release's bundle that one is
# installed first and upgraded. Run as root, with mmdebstrap. Prints seconds since the begin.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. scripts/lib.sh
. scripts/trials/telling.sh
trials="$PWD/scripts/trials"
readonly PACKAGES=systemd,systemd-sysv,dbus,iproute2,openssl,nginx-light,openssh-server,openssh-client

[ "$(id -u)" -eq 0 ] || die "请以 root 运行 / run it as root"
for program in mmdebstrap curl nsenter; do have "$program" || die "需要 / needs $program"; done
bundle="$(realpath "${1:?BUNDLE.tar}")"
older="$(realpath "${2:-$1}")"

room="$(mktemp -d)"
chmod 755 "$room"
init=""
clean() {
  [ -z "$init" ] || kill -9 "$init" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$room"
}
trap clean EXIT

boot() {
  bash "$trials/boot.sh" "$room/root" >>"$room/console" 2>&1 &
  local booter=$! child
  init=""
  for _ in $(seq 100); do
    child="$booter"
    # boot.sh, unshare, systemd.
    for _ in 1 2; do child="$(pgrep -P "${child:-0}" | head -1 || true)"; done
    if [ -n "$child" ] && [ "$(cat "/proc/$child/comm" 2>/dev/null)" = systemd ]; then
      init="$child"
      break
    fi
    sleep 0.2
  done
  [ -n "$init" ] || { tail "$room/console" >&2; die "systemd did not start"; }
  until_true 60 "systemd is up" is_up
}
is_up() { at 'systemctl is-system-running | grep -q -e running -e degraded'; }
# at COMMAND: typed by root inside.
at() {
  nsenter -t "$init" -a -r -w /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
    LANG=C.UTF-8 TERM=dumb bash -c "cd /root && $1"
}
# type_ WORDS [COMMAND]: words of the pages, typed as they stand, or with what stands for a time, a name or an address.
type_() {
  grep -qF -- "$1" docs/operations.md deploy/README.md || die "these words do not stand in the pages: $1"
  local begun=$SECONDS
  if at "${2:-$1}" >"$room/said" 2>&1; then
    tell "# ${2:-$1}   ($((SECONDS - begun)) s)"
  else
    cat "$room/said" >&2
    tell "# ${2:-$1}   FAILED"
    exit 1
  fi
}
said() { sed "s/^/         /" "$room/said" | tail -n "${1:-3}"; }
ask() { nsenter -t "$init" -n curl -fsS -m 20 "$@"; }
serves() { until_true 180 "the service answers" ask -o /dev/null http://127.0.0.1:8010/healthz; }
cases() { at 'gridmap incidents export /tmp/rows.csv >/dev/null 2>&1; wc -l </tmp/rows.csv' 2>/dev/null; }
same() { [ "$(cases)" = "$rows" ] || die "other rows: $(cases), not $rows"; }

tell_begin
inside="$room/root"
if [ -n "${BASE:-}" ]; then cp -a "$BASE" "$inside"; else
  mmdebstrap --quiet --variant=minbase --include="$PACKAGES" bookworm "$inside" 2>>"$room/console"
fi
cp "$older" "$inside/root"
mkdir -p "$inside/media/keys" "$inside/mnt/backup"
boot
tell "$(at 'systemctl --version | head -1'), state $(at 'systemctl is-system-running || true'), routes: $(at 'ip route | wc -l')"

type_ 'tar -xf gridmap-*.tar && bash gridmap/install.sh'
serves
type_ 'journalctl -u gridmap | grep enter/'
link="$(grep -o 'http[^ ]*enter/[^ ]*' "$room/said" | tail -1)"
tell "the address answers $(ask -o /dev/null -w '%{http_code}' -H 'Sec-Fetch-Mode: navigate' -c "$room/cookies" "$link"), then / $(ask -L -o /dev/null -w '%{http_code}' -b "$room/cookies" http://127.0.0.1:8010/)"
tell "systemd-analyze security: $(at 'systemd-analyze security gridmap --no-pager | tail -1')"

type_ "printf '%s\\n' GRIDMAP_NAMES=map.town.example GRIDMAP_PROXY=127.0.0.1 > /etc/gridmap/gridmap.env"
type_ 'install -m 644 gridmap/deploy/nginx.conf /etc/nginx/conf.d/gridmap.conf'
at 'openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=map.town.example -keyout /etc/gridmap/key.pem -out /etc/gridmap/cert.pem 2>/dev/null'
type_ 'nginx -t && systemctl restart gridmap nginx'
serves
tell "https://map.town.example behind nginx answers $(ask -k -o /dev/null -w '%{http_code}' --resolve map.town.example:443:127.0.0.1 https://map.town.example/sign-in)"
type_ 'gridmap users list'
at 'gridmap demo load' >/dev/null 2>&1
rows="$(cases)"
tell "gridmap demo load: $rows lines of cases"

type_ '/opt/gridmap/bin/gridmap db backup-key /media/keys/gridmap-backup.key'
recipient="$(grep -o 'GRIDMAP_BACKUP_RECIPIENTS=age1.*' "$room/said")"
for line in 'GRIDMAP_BACKUP_COPY=/mnt/backup/gridmap' 'GRIDMAP_BACKUP_AT=02:30' 'GRIDMAP_BACKUP_KEEP=7d 4w 12m'; do
  type_ "$line" "echo '$line' >> /etc/gridmap/gridmap.env"
done
at "echo '$recipient' >> /etc/gridmap/gridmap.env"
type_ 'install -d -m 700 -o gridmap /mnt/backup/gridmap'
at "printf '%s\\n' '#!/bin/sh' 'printf \"%s\\n\" \"[Service]\" \"ReadWritePaths=/mnt/backup/gridmap\" >\"\$1\"' >/tmp/editor; chmod +x /tmp/editor"
# It wants a terminal, and an editor that types two lines.
type_ 'systemctl edit gridmap' 'SYSTEMD_EDITOR=/tmp/editor script -qec "systemctl edit gridmap" /dev/null'
type_ 'systemctl restart gridmap'
serves
type_ 'gridmap db backup'
said 1
type_ 'install -m 400 -o gridmap /media/keys/gridmap-backup.key /run/gridmap-backup.key'
type_ 'gridmap db drill --key /run/gridmap-backup.key'
said 2
at 'gridmap doctor' >"$room/said" 2>&1 || true
tell "gridmap doctor: $(grep -c '^✗' "$room/said" || true) that must be mended"
grep '^✗' "$room/said" || true

if [ "$older" != "$bundle" ]; then
  type_ 'gridmap db backup'
  before="$(grep -o '20[0-9]*T[0-9]*Z' "$room/said" | head -1)"
  tell "schema before: $(at 'gridmap db status' 2>/dev/null | grep schema)"
  at 'mv gridmap gridmap-before; mv gridmap-*.tar /tmp/'
  cp "$bundle" "$inside/root"
  type_ 'tar -xf gridmap-*.tar && bash gridmap/install.sh'
  serves
  same
  tell "upgraded, $rows lines of cases: $(at 'gridmap db status' 2>/dev/null | grep schema)"
fi

at 'kill -9 $(systemctl show -p MainPID --value gridmap)'
sleep 1
serves
same
tell "killed by 9: systemd starts it again ($(at 'systemctl show -p NRestarts --value gridmap') time), $rows lines of cases"
begun=$SECONDS
at 'kill -9 $(head -1 /var/lib/gridmap/database/cluster/*/data/postmaster.pid)'
begun_s="$(date +%s%N)"
away="$(nsenter -t "$init" -n curl -s -m 20 -o /dev/null -D - http://127.0.0.1:8010/healthz | tr -d '\r' | grep -i -e '^HTTP' -e '^retry-after' | tr '\n' ' ')"
first_ms=$((($(date +%s%N) - begun_s) / 1000000))
serves
tell "the database killed by 9: '$away' after $first_ms ms, it answers again $((($(date +%s%N) - begun_s) / 1000000)) ms after the kill"
type_ 'systemctl stop gridmap'
at 'systemctl show -p Result --value gridmap' | grep -q success || die "it was killed: $(at 'systemctl show -p Result gridmap')"
at 'systemctl start gridmap'
serves
at 'systemctl reboot' 2>/dev/null || true
for _ in $(seq 200); do kill -0 "$init" 2>/dev/null || break; sleep 0.2; done
boot
serves
same
tell "systemctl reboot: it serves again, $rows lines of cases"

sleep 2
moment="$(at "TZ=Asia/Shanghai date +%FT%T")"
sleep 2
at 'printf "%s\n" "uid,domain,occurred_at,stage,lon,lat" "bad-1,dispute,2026-03-01,accepted,120.466298,29.800643" >/tmp/bad.csv; gridmap incidents import /tmp/bad.csv' >"$room/said" 2>&1 || { cat "$room/said" >&2; die "import"; }
tell "a bad import: $(cases) lines of cases"
at 'install -m 400 -o gridmap /media/keys/gridmap-backup.key /run/gridmap-backup.key'
type_ 'systemctl stop gridmap'
type_ 'gridmap db restore --to 2026-11-28T09:59:59 --replace' "gridmap db restore --to $moment --replace --key /run/gridmap-backup.key"
said 3
at 'systemctl start gridmap'
serves
same
tell "the state before it: $rows lines of cases"

type_ 'systemctl stop gridmap'
at 'rm /var/lib/gridmap/database/cluster/*/data/global/pg_control'
at 'systemctl start gridmap; sleep 6; journalctl -u gridmap -n 12 --no-pager' >"$room/said" 2>&1
tell "a lost control file: $(grep -o 'database-folder-torn\|gridmap db restore' "$room/said" | sort -u | tr '\n' ' ')"
type_ 'systemctl stop gridmap'
type_ 'gridmap db restore --replace' 'gridmap db restore --replace --key /run/gridmap-backup.key'
said 3
at 'systemctl reset-failed gridmap; systemctl start gridmap'
serves
same
tell "the newest state is back: $rows lines of cases"

type_ 'systemctl stop gridmap'
at 'find /var/lib/gridmap -mindepth 1 -delete; rm -rf /opt/gridmap'
type_ 'bash gridmap/install.sh'
type_ 'systemctl stop gridmap'
type_ 'gridmap db restore --from /mnt/backup/gridmap --key /run/gridmap-backup.key' 'gridmap db restore --from /mnt/backup/gridmap --key /run/gridmap-backup.key --replace'
said 3
at 'systemctl start gridmap'
serves
same
tell "the machine's workspace is back from the second place: $rows lines of cases"

if [ "$older" != "$bundle" ]; then
  # Installers of before 2026-11-30 leave a newer program of the same version where it is.
  at 'grep -q force-reinstall gridmap-before/install.sh || rm -rf /opt/gridmap'
  at 'cd gridmap-before && bash install.sh; sleep 15; journalctl -u gridmap -n 40 --no-pager' >"$room/said" 2>&1 || { cat "$room/said" >&2; die "install"; }
  tell "the version before installed over it; its log says $(grep -o 'schema-newer' "$room/said" | sort -u)"
  type_ 'systemctl stop gridmap'
  type_ 'gridmap db restore NAME --replace' "gridmap db restore $before --from /mnt/backup/gridmap --replace --key /run/gridmap-backup.key"
  said 3
  at 'systemctl start gridmap'
  serves
  same
  tell "back to the version before: $(at 'gridmap db status' 2>/dev/null | grep schema), $rows lines of cases"
fi
at 'journalctl -u gridmap --no-pager' >"$room/said"
tell "traces in the whole log of the service: $(grep -c Traceback "$room/said" || true)"
