#!/usr/bin/env bash
# Installs gridmap from the folder in which this file lies, without a network. Run as root:
#   bash install.sh                  the Debian packages, /opt/gridmap, the account and the service's unit
#   bash install.sh --into FOLDER    the program alone, into FOLDER; PostGIS must be there
# May be run again; over an older version it is the upgrade, and the workspace stays as it is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

say() { printf '\033[1m%s\033[0m\n' "$*"; }
die() {
  printf 'gridmap: %s\n' "$*" >&2
  exit 1
}
told() { sed -n "s/^$1 //p" MANIFEST; }

program=/opt/gridmap
with_system=yes
if [ "${1:-}" = --into ]; then
  program="${2:?--into FOLDER}"
  with_system=""
elif [ $# -gt 0 ]; then
  die "用法 / usage: bash install.sh [--into FOLDER]"
fi

say "核对文件 / checking the files"
sha256sum --quiet -c SHA256SUMS || die "安装包不完整，请重新复制 / the bundle is not whole: copy it again"
[ "$(uname -m)" = "$(told machine)" ] || die "安装包适用于 $(told machine) / the bundle is for $(told machine)"

# Only what lies here is looked at, and what the machine knows of other sources is left alone.
from_here() {
  local lists
  lists="$(mktemp -d)"
  mkdir -p "$lists/lists/partial"
  printf 'deb [trusted=yes] file:%s ./\n' "$PWD/packages" >"$lists/sources.list"
  local options=(-o "Dir::Etc::SourceList=$lists/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$lists/lists"
    -o APT::Sandbox::User=root -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
  apt-get "${options[@]}" -q update
  # Without the cluster that Debian makes and starts by default: the program has its own.
  mkdir -p /etc/postgresql-common/createcluster.d
  printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.d/gridmap.conf
  DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" -y -q --no-install-recommends install "$@"
  rm -rf "$lists"
}

if [ -n "$with_system" ]; then
  [ "$(id -u)" -eq 0 ] || die "请以 root 运行 / run it as root"
  if [ -d packages ]; then
    release="$(. /etc/os-release && echo "$ID $VERSION_ID")"
    [ "$release" = "$(told release)" ] ||
      die "系统软件包适用于 $(told release)，本机是 $release / the Debian packages are for $(told release), this is $release"
    say "系统软件包 / Debian packages"
    from_here postgresql-postgis fonts-noto-cjk fontconfig libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
      python3 python3-venv adduser
  fi
fi

python="python$(told python)"
command -v "$python" >/dev/null || die "需要 $python / needs $python"
say "程序 / the program: $program"
"$python" -c 'import venv, ensurepip' 2>/dev/null || die "需要 $python 的 venv 模块 / needs the venv module of $python"
[ -x "$program/bin/python" ] || "$python" -m venv "$program"
# Exactly what lies here, also where something newer is installed: going back to the version before is an installation, too.
exactly="$(mktemp)"
for wheel in wheels/*.whl; do
  IFS=- read -r package version _ <<<"$(basename "$wheel")"
  printf '%s==%s\n' "$package" "$version"
done >"$exactly"
pip=("$program/bin/python" -m pip install -q --disable-pip-version-check --no-index)
"${pip[@]}" --find-links wheels -c "$exactly" --upgrade gridmap
# Two builds may have one version.
"${pip[@]}" --no-deps --force-reinstall wheels/gridmap-*.whl
rm "$exactly"

if [ -z "$with_system" ]; then
  say "已安装 / installed: $program/bin/gridmap"
  exit 0
fi

getent passwd gridmap >/dev/null ||
  useradd --system --user-group --home-dir /var/lib/gridmap --shell /usr/sbin/nologin gridmap
install -D -m 644 deploy/gridmap.service /etc/systemd/system/gridmap.service
install -D -m 755 deploy/gridmap /usr/local/sbin/gridmap
install -d -m 750 -g gridmap /etc/gridmap
install -d -m 700 -o gridmap -g gridmap /var/lib/gridmap
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl enable gridmap
  systemctl restart gridmap
  say "服务已启动。一次性登录地址 / the service runs. The address that signs in once: journalctl -u gridmap | grep enter/"
else
  say "已安装；本机没有运行 systemd / installed; systemd does not run here. By hand:"
  echo "  /usr/local/sbin/gridmap serve"
fi
