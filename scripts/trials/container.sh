#!/usr/bin/env bash
# Builds deploy/Containerfile without a network and tries what it says: bash scripts/trials/container.sh [BUNDLE.tar]
# Run as root, with podman and mmdebstrap. The base is a bare Debian 12 that mmdebstrap makes, under the name that the
# Containerfile asks for. Images and volumes stand in a folder that is removed at the end. Prints seconds since the begin.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. scripts/lib.sh
. scripts/trials/telling.sh

[ "$(id -u)" -eq 0 ] || die "请以 root 运行 / run it as root"
for program in podman mmdebstrap curl; do have "$program" || die "需要 / needs $program"; done
# Runtimes refuse a machine that has both kinds of cgroups at once: they see the older alone, in a mount namespace.
if mountpoint -q /sys/fs/cgroup/unified && [ -z "${TRIAL_INSIDE:-}" ]; then
  exec env TRIAL_INSIDE=yes unshare --mount bash -c \
    'umount /sys/fs/cgroup/unified && exec bash scripts/trials/container.sh "$@"' bash "$@"
fi
bundle="${1:-}"
if [ -z "$bundle" ]; then
  bash scripts/bundle.sh dist
  bundle="$(ls -t dist/gridmap-*.tar | head -1)"
fi

room="$(mktemp -d)"
# Where systemd does not run podman has no timer for health checks: they are asked for below.
[ -d /run/systemd/system ] || export DISABLE_HC_SYSTEMD=true
pod() { podman --root "$room/store" --runroot "$room/run" --storage-driver "${STORAGE_DRIVER:-overlay}" --cgroup-manager cgroupfs "$@" 2>>"$room/stderr"; }
clean() {
  pod rm -f gridmap >/dev/null 2>&1 || true
  umount -R "$room/store/overlay" 2>/dev/null || true
  rm -rf "$room"
}
trap clean EXIT
ask() { curl -fsS -m 20 "$@"; }
healthy() { [ "$(pod inspect --format '{{.State.Health.Status}}' gridmap)" = healthy ]; }
is_down() { [ "$(pod inspect --format "{{.State.Running}}" gridmap)" = false ]; }

tell_begin
tell "$(podman --version), $(podman info --format '{{.Host.OCIRuntime.Name}}, cgroups {{.Host.CgroupsVersion}}' 2>/dev/null), storage ${STORAGE_DRIVER:-overlay}"
base="${BASE:-$room/base.tar}"
[ -e "$base" ] || mmdebstrap --quiet --variant=minbase bookworm "$base" 2>>"$room/stderr"
pod import "$base" docker.io/library/debian:bookworm-slim >/dev/null
tell "base: a bare Debian 12 of $(du -h "$base" | cut -f1), imported as debian:bookworm-slim"

mkdir "$room/build"
tar -C "$room/build" -xf "$bundle"
pod build -q --no-cache --network none --pull=never --format docker -f deploy/Containerfile -t gridmap "$room/build/gridmap" \
  >"$room/built" || { tail -n 30 "$room/stderr" >&2; die "podman build"; }
tell "podman build --network none -f deploy/Containerfile: image of $(pod image inspect --format '{{.Size}}' gridmap | numfmt --to=iec)"
rm -rf "$room/build"

# Podman asks for more than a machine may be able to give: here it asks for what there is, and for what it has itself.
limits=(--ulimit "nofile=$(ulimit -Hn):$(ulimit -Hn)" --ulimit nproc=32768:32768)
begin() {
  pod run -d --name gridmap --network host --pull=never "${limits[@]}" -v gridmap:/var/lib/gridmap --shm-size 256m --stop-timeout 90 "$@" gridmap >/dev/null ||
    { tail -n 30 "$room/stderr" >&2; die "podman run"; }
}
begin
until_true 300 "the server answers" ask http://127.0.0.1:8010/healthz -o "$room/health"
tell "podman run -d --network host -v gridmap:/var/lib/gridmap: $(cat "$room/health")"
tell "it runs as $(pod exec gridmap id -un); the volume belongs to $(pod exec gridmap stat -c '%U, mode %a' /var/lib/gridmap)"
pod healthcheck run gridmap || die "health check"
healthy || die "not healthy: $(pod inspect --format '{{.State.Health.Status}}' gridmap)"
tell "its health check: $(pod inspect --format '{{.State.Health.Status}}' gridmap)"

link="$(pod logs gridmap 2>&1 | grep -o 'http://127.0.0.1:8010/enter/[^[:space:]]*' | head -1)"
[ -n "$link" ] || die "podman logs: no address that signs in"
told="$(curl -sS -m 20 -o /dev/null -w '%{http_code} %{redirect_url}' -H 'Sec-Fetch-Mode: navigate' -c "$room/cookies" "$link")"
tell "podman logs gridmap | grep enter/: the address answers $told"
page="$(ask -L -b "$room/cookies" -o /dev/null -w '%{http_code}' http://127.0.0.1:8010/)"
tell "with its session / answers $page"
pod exec gridmap /opt/gridmap/bin/gridmap demo load >/dev/null || { tail -n 30 "$room/stderr" >&2; die "demo load"; }
count() {
  pod exec gridmap /opt/gridmap/bin/gridmap incidents export /tmp/rows.csv >/dev/null
  pod exec gridmap sh -c 'wc -l </tmp/rows.csv'
}
rows="$(count)"
tell "podman exec gridmap gridmap demo load: $rows lines of cases"
pod exec gridmap /opt/gridmap/bin/gridmap db backup >/dev/null || die "backup"
tell "podman exec gridmap gridmap db backup; doctor: $(pod exec gridmap /opt/gridmap/bin/gridmap doctor --json | grep -c '"bad"' || true) bad"

stop_and_tell() {
  local begun_s=$SECONDS code
  pod stop gridmap >/dev/null
  code="$(pod inspect --format '{{.State.ExitCode}}' gridmap)"
  tell "podman stop: ended after $((SECONDS - begun_s)) s with $code"
  [ $((SECONDS - begun_s)) -lt 90 ] || die "it was killed"
}
stop_and_tell
pod logs gridmap 2>&1 | grep -q Traceback && die "a trace in its log"
pod start gridmap >/dev/null
until_true 120 "the server answers again" ask -o /dev/null http://127.0.0.1:8010/healthz
[ "$(count)" = "$rows" ] || die "other rows after the start"
tell "podman start: answers, $(count) lines of cases"
pod kill --signal KILL gridmap >/dev/null
until_true 30 "it is down" is_down
pod rm gridmap >/dev/null
begin
until_true 120 "a new container answers" ask -o /dev/null http://127.0.0.1:8010/healthz
[ "$(count)" = "$rows" ] || die "other rows in a new container"
tell "killed by 9, removed, a new container on the same volume: answers, $(count) lines of cases"
stop_and_tell
