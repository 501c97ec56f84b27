#!/usr/bin/env bash
# Starts systemd in ROOT, a Debian that mmdebstrap made, in namespaces of its own (processes, mounts, network, cgroups):
#   bash scripts/trials/boot.sh ROOT     Run as root. Ends when that systemd does.
# The machine's own disks, network and processes are out of its reach.
set -euo pipefail
root="$(realpath "$1")"
if [ -z "${TRIAL_INSIDE:-}" ]; then
  cgroups="$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)"
  group="$cgroups/gridmap-trial-$$"
  mkdir "$group"
  trap 'rmdir "$group" 2>/dev/null || true' EXIT
  # Whoever starts it stays outside; what it starts is in the group.
  TRIAL_INSIDE="$group" bash "${BASH_SOURCE[0]}" "$root"
  exit
fi
echo $$ >"$TRIAL_INSIDE/cgroup.procs"
exec unshare --mount --uts --ipc --net --cgroup --pid --fork --kill-child bash -c '
  root="$1"
  mount --make-rprivate /
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount -t sysfs -o ro sysfs "$root/sys"
  mount -t cgroup2 none "$root/sys/fs/cgroup"
  mount -t tmpfs -o mode=755 none "$root/run"
  mount -t tmpfs -o mode=1777 none "$root/tmp"
  mount -t tmpfs -o mode=755 none "$root/dev"
  mkdir "$root/dev/pts" "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 none "$root/dev/pts"
  mount -t tmpfs -o mode=1777 none "$root/dev/shm"
  for device in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "tty 5 0"; do
    read -r name major minor <<<"$device"
    mknod -m 666 "$root/dev/$name" c "$major" "$minor"
  done
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  ln -s /proc/self/fd/0 "$root/dev/stdin"
  ln -s /proc/self/fd/1 "$root/dev/stdout"
  ln -s /proc/self/fd/2 "$root/dev/stderr"
  cd "$root"
  pivot_root . mnt
  umount -l /mnt
  ip link set lo up
  exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --log-target=console
' bash "$root"
