#!/usr/bin/env bash
# All checks and tests: every step runs, also after one that failed; a table at the end tells how each went.
# Checks and tests run beside each other; what a step prints comes in one piece when it has ended.
#   bash scripts/test.sh                        everything
#   bash scripts/test.sh --changed [REVISION]   checks, and the tests that a change can affect
#   bash scripts/test.sh tests/unit -k keys     checks, and what pytest makes of these words
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

# The tests make workspaces and databases of their own and must not meet somebody's real ones.
unset DATABASE_URL GRIDMAP_APP_DATABASE_URL GRIDMAP_HOME GRIDMAP_PORT
# Python packages are compiled where they are imported, a quarter of them; each of many starts would do it again.
unset PYTHONDONTWRITEBYTECODE

bin=.venv/bin
reports=.cache/test-reports
lanes=()

# step HEADING COMMAND...: run it, whatever became of those before.
step() {
  local heading="$1" begin=$SECONDS how=passed
  shift
  say "== $heading"
  "$@" || how=FAILED
  note "$heading" $how $((SECONDS - begin))
}

# note HEADING HOW SECONDS: a line of the table at the end.
note() {
  printf '%-7s %5d s  %s\n' "$2" "$3" "$1" >>"$reports/table"
  say "== $1: $2 after $3 s"
}

# quiet_step HEADING COMMAND...: a step whose words are held back until it has ended, for what runs beside others.
quiet_step() {
  local words
  words="$(step "$@" 2>&1)" || true
  printf '\n%s\n' "$words" >&2
}

# beside COMMAND...: run it, or a function's quiet steps, beside what follows; `together` waits for them.
beside() {
  "$@" &
  lanes+=($!)
}

trap '[ ${#lanes[@]} -eq 0 ] || kill "${lanes[@]}" 2>/dev/null || true' EXIT

together() {
  local lane
  for lane in ${lanes[@]+"${lanes[@]}"}; do
    # A lane ends with 0 whatever its steps did; one that was killed did not end.
    wait "$lane" || note "lane $lane" FAILED 0
  done
  lanes=()
}

# tests NAME PYTEST-ARGUMENTS...: pytest that leaves a report of its times.
tests() {
  local name="$1"
  shift
  $bin/python -m pytest --junitxml "$reports/$name.xml" "$@"
}

ensure_browser() {
  # The shell without windows costs half; Ubuntu has none.
  if ! have chromium-headless-shell && apt-cache show chromium-headless-shell >/dev/null 2>&1; then
    apt_install chromium-headless-shell
  fi
  if ! have chromium-headless-shell && ! have chromium && ! have chromium-browser && ! have google-chrome; then
    apt_install chromium
  fi
}

# Another machine for backups by SFTP: the tests start its server themselves.
ensure_sshd() {
  have sshd || [ -x /usr/sbin/sshd ] || apt_install openssh-server
}

# Debian's packages, Python's and the page's come beside each other: each waits for what others compute.
prepare() {
  local lane
  lock_setup
  ensure_venv
  beside system_packages
  if have npm && have node; then
    # What checks the page's code, too: otherwise it would be installed a second time.
    beside .venv/bin/python scripts/assets.py --checks
  fi
  install_packages dev --no-compile -e . --group dev
  drop_stale_loops
  for lane in "${lanes[@]}"; do
    wait "$lane"
  done
  lanes=()
  ensure_assets
  unlock_setup
}

# One after another: dpkg lets one at a time in.
system_packages() {
  ensure_postgis
  ensure_browser
  ensure_layout
  ensure_sshd
}

# The checks take one processor and the tests leave some of the other idle, so they run beside each other.
checks() {
  # Tests of the page need them, too.
  step "page: programs" $bin/python scripts/assets.py --checks
  beside code_checks
  beside page_checks
}

code_checks() {
  quiet_step "mypy" $bin/mypy
  quiet_step "ruff check" $bin/ruff check .
  quiet_step "ruff format" $bin/ruff format --check .
  quiet_step "lint-imports" $bin/lint-imports
  quiet_step "squawk" $bin/squawk gridmap/storage/sql/000[6-9]_*.sql gridmap/storage/sql/00[1-9][0-9]_*.sql
  quiet_step "advisories: pip" $bin/python scripts/advisories.py pip
  quiet_step "advisories: npm" $bin/python scripts/advisories.py npm
}

page_checks() {
  local check
  for check in eslint prettier tsc node; do
    quiet_step "page: $check" $bin/python scripts/page_checks.py "$check"
  done
}

# workers: two more than processors, since tests wait for servers, databases and clocks half of their time; each with what
# it starts takes up to 3 GB.
workers() {
  local wanted=$(($(nproc) + 2)) room
  room=$(awk '/^MemAvailable/ { print int($2 / 3000000) }' /proc/meminfo)
  [ "$wanted" -le "$room" ] || wanted=$room
  [ "$wanted" -ge 2 ] || wanted=2
  echo "$wanted"
}

# A file's tests stay together: they share what its fixtures make. The files' order is that of tests/conftest.py.
spread() {
  tests "$1" -n "$(workers)" --dist loadfile --no-loadscope-reorder "${@:2}"
}

# Two workers that meet a loop at the same time would both compile it.
loops() {
  quiet_step "loops" ensure_compiled
}

all_tests() {
  beside loops
  # Otherwise one worker would wait while another makes them.
  step "databases" $bin/python -m tests.towns
  step "pytest" spread all
}

# changed_tests [REVISION]: what differs from there, or from where this branch left main.
changed_tests() {
  local told files
  told="$($bin/python scripts/affected.py "$@")" || die "cannot tell what has changed"
  mapfile -t files <<<"$told"
  if [ -z "$told" ]; then
    say "== no test depends on what has changed"
  elif [ "$told" = tests ]; then
    all_tests
  else
    printf '%s\n' "${files[@]}" >&2
    step "pytest: ${#files[@]} files" spread changed "${files[@]}"
  fi
}

# Without these nothing else means anything, so the script ends here when they fail.
say "== set up"
prepare
rm -rf "$reports"
mkdir -p "$reports"
checks
# pytest ends with 5, a failure here, when it finds no test.
if [ $# -eq 0 ]; then
  all_tests
elif [ "$1" = --changed ]; then
  shift
  changed_tests "$@"
else
  step "pytest $*" tests asked "$@"
fi

together
written=("$reports"/*.xml)
[ ! -e "${written[0]}" ] || $bin/python scripts/slowest.py 25 "${written[@]}"
cat "$reports/table"
! grep -q ^FAILED "$reports/table"
