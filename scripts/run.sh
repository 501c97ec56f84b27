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

# exec: Ctrl-C and SIGTERM go to the server itself, which stops its database.
exec .venv/bin/gridmap serve --demo-if-empty "$@"
