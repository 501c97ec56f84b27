#!/usr/bin/env bash
# One archive that installs gridmap on a machine without a network: wheels, Debian packages, fonts, the service's files.
#   bash scripts/bundle.sh [--without-system] [FOLDER]     writes FOLDER/gridmap-VERSION-….tar (FOLDER: dist)
# It is for machines of this machine's Debian release, architecture and Python; --without-system leaves the Debian
# packages out, for machines that have PostGIS already. What it holds is told by its MANIFEST.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

with_system=yes
folder=dist
for word in "$@"; do
  case "$word" in
    --without-system) with_system="" ;;
    -*) die "不认识的选项 / unknown option: $word" ;;
    *) folder="$word" ;;
  esac
done

# The server, its fonts and a Python; scripts of maintainers want the last two.
readonly SYSTEM_PACKAGES=(postgresql-postgis fonts-noto-cjk fontconfig libpango-1.0-0 libpangoft2-1.0-0
  libharfbuzz-subset0 python3 python3-venv adduser ca-certificates)

# The build has a room of its own; what it takes from the checkout is made before.
lock_setup
ensure_venv
install_packages dev -e . --group dev
ensure_assets
unlock_setup

room="$(mktemp -d)"
trap 'rm -rf "$room"' EXIT
bundle="$room/gridmap"
mkdir -p "$bundle/wheels" "$bundle/deploy"

say "程序 / the program"
.venv/bin/python -m hatchling build -t wheel -d "$bundle/wheels" >&2
wheel="$(echo "$bundle"/wheels/gridmap-*.whl)"
version="$(basename "$wheel" | cut -d- -f2)"

say "Python 软件包 / Python packages"
PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip download -q --only-binary :all: -c constraints.txt \
  -d "$bundle/wheels" "$wheel" >&2

# own_packages TARGET: every Debian package that a machine with nothing but dpkg would need, and an index of them.
own_packages() {
  local target="$1"
  mkdir -p "$target" "$room/apt/partial"
  : >"$room/status"
  as_root apt-get install -y -q --no-install-recommends --download-only \
    -o Dir::State::status="$room/status" -o Dir::Cache::archives="$room/apt" -o APT::Sandbox::User=root \
    "${SYSTEM_PACKAGES[@]}" >&2 || die "无法取得系统软件包 / could not get the system packages"
  local deb name
  for deb in "$room"/apt/*.deb; do
    # apt writes versions with %3a for a colon; addresses of files read better without.
    name="$(basename "$deb" | sed 's/%3a/./g')"
    install -m 644 "$deb" "$target/$name"
    dpkg-deb -f "$deb"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$name" "$(stat -c %s "$deb")" "$(sha256sum <"$deb" | cut -d' ' -f1)"
  done >"$target/Packages"
}

if [ -n "$with_system" ]; then
  have apt-get || die "系统软件包只能在 Debian 系发行版上收集；可用 --without-system / Debian packages are gathered on Debian; else --without-system"
  say "系统软件包 / Debian packages"
  own_packages "$bundle/packages"
fi

cp deploy/gridmap deploy/gridmap.service deploy/nginx.conf deploy/README.md deploy/Containerfile "$bundle/deploy/"
cp docs/operations.md docs/settings.md LICENSE "$bundle/"
install -m 755 deploy/install.sh "$bundle/install.sh"

release="$(. /etc/os-release && echo "$ID $VERSION_ID")"
python="$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
machine="$(uname -m)"
{
  printf 'gridmap %s\n' "$version"
  printf 'release %s\nmachine %s\npython %s\n' "$release" "$machine" "$python"
  printf 'wheels %s\n' "$(find "$bundle/wheels" -name '*.whl' | wc -l)"
  printf 'packages %s\n' "$(find "$bundle/packages" -name '*.deb' 2>/dev/null | wc -l)"
} >"$bundle/MANIFEST"
(cd "$bundle" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum) >"$room/SHA256SUMS"
mv "$room/SHA256SUMS" "$bundle/SHA256SUMS"

mkdir -p "$folder"
out="$folder/gridmap-$version-$(echo "$release" | tr ' ' -)-$machine-python$python.tar"
# What is in it is compressed already.
tar -C "$room" --owner 0 --group 0 -cf "$out.new" gridmap
mv "$out.new" "$out"
say "已写入 / written: $out ($(du -h "$out" | cut -f1))"
