#!/usr/bin/env bash
# All checks and tests. Arguments go to pytest, which then runs once: bash scripts/test.sh tests/unit -k keys
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

# The tests make workspaces and databases of their own and must not meet somebody's real ones.
unset DATABASE_URL GRIDMAP_HOME GRIDMAP_PORT

step() {
  local heading="$1"
  shift
  say "== $heading"
  local begin=$SECONDS
  "$@"
  say "== $heading: $((SECONDS - begin)) s"
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

bin=.venv/bin
step "set up" prepare
step "ruff check" $bin/ruff check .
step "ruff format" $bin/ruff format --check .
step "mypy" $bin/mypy
step "lint-imports" $bin/lint-imports
step "squawk" $bin/squawk gridmap/storage/sql/000[6-9]_*.sql
# pytest ends with 5, a failure here, when it finds no test.
if [ $# -gt 0 ]; then
  step "pytest $*" $bin/pytest "$@"
else
  step "pytest" $bin/pytest -n 2 -m "not faults and not browser"
  step "pytest: faults" $bin/pytest -n 2 -m faults
  step "pytest: browser" $bin/pytest -m browser
fi
