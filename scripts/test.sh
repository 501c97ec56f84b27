#!/usr/bin/env bash
# All checks and tests: every step runs, also after one that failed; a table at the end tells how each went.
#   bash scripts/test.sh                        everything
#   bash scripts/test.sh --changed [REVISION]   checks, and the tests that a change can affect
#   bash scripts/test.sh tests/unit -k keys     checks, and what pytest makes of these words
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

# The tests make workspaces and databases of their own and must not meet somebody's real ones.
unset DATABASE_URL GRIDMAP_HOME GRIDMAP_PORT

bin=.venv/bin
reports=.cache/test-reports
failed=0
table=()

# step HEADING COMMAND...: run it, whatever became of those before.
step() {
  local heading="$1" begin=$SECONDS how=passed
  shift
  say "== $heading"
  "$@" || how=FAILED
  [ $how = passed ] || failed=1
  table+=("$(printf '%-7s %5d s  %s' $how $((SECONDS - begin)) "$heading")")
  say "== $heading: $how after $((SECONDS - begin)) s"
}

# tests NAME PYTEST-ARGUMENTS...: pytest that leaves a report of its times.
tests() {
  local name="$1"
  shift
  $bin/python -m pytest --junitxml "$reports/$name.xml" "$@"
}

has_chinese_font() { have fc-list && [ -n "$(fc-list :lang=zh family)" ]; }

ensure_browser() {
  if ! have chromium && ! have chromium-browser && ! have google-chrome; then
    apt_install chromium
  fi
  if ! has_chinese_font; then
    apt_install fontconfig fonts-noto-cjk
  fi
}

prepare() {
  lock_setup
  ensure_postgis
  ensure_venv
  install_packages dev -e . --group dev
  ensure_assets
  ensure_browser
  unlock_setup
}

checks() {
  step "ruff check" $bin/ruff check .
  step "ruff format" $bin/ruff format --check .
  step "mypy" $bin/mypy
  step "lint-imports" $bin/lint-imports
  step "squawk" $bin/squawk gridmap/storage/sql/000[6-9]_*.sql gridmap/storage/sql/001*.sql
  step "advisories: pip" $bin/python scripts/advisories.py pip
  step "advisories: npm" $bin/python scripts/advisories.py npm
  step "page: programs" $bin/python scripts/assets.py --checks
  local check
  for check in eslint prettier tsc node; do
    step "page: $check" $bin/python scripts/page_checks.py "$check"
  done
}

all_tests() {
  # A file's tests stay together: they share what its fixtures make.
  step "pytest" tests most -n 2 --dist loadfile --ignore tests/browser
  step "pytest: browser" tests browser -n 2 --dist loadfile tests/browser
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
    step "pytest: ${#files[@]} files" tests changed -n 2 --dist loadfile "${files[@]}"
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

written=("$reports"/*.xml)
[ ! -e "${written[0]}" ] || $bin/python scripts/slowest.py 25 "${written[@]}"
printf '%s\n' "${table[@]}"
exit $failed
