#!/usr/bin/env bash
# Install what is missing, then serve the map. GRIDMAP_HOME and GRIDMAP_PORT say where the data is and which port to use.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib.sh

lock_setup
ensure_postgis
ensure_venv
install_packages run -e .
ensure_assets
ensure_layout
drop_stale_loops
ensure_compiled
unlock_setup

# A workspace that nobody has named is asked about; here it is the usual one.
if [ -z "${GRIDMAP_HOME:-}" ]; then
    if [ "$(id -u)" -eq 0 ]; then GRIDMAP_HOME=/var/lib/gridmap; else GRIDMAP_HOME="${XDG_DATA_HOME:-$HOME/.local/share}/gridmap"; fi
    export GRIDMAP_HOME
fi

# exec: Ctrl-C and SIGTERM go to the server itself, which stops its database.
exec .venv/bin/gridmap serve --demo-if-empty "$@"
