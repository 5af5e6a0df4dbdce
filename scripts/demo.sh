#!/bin/sh
# From a fresh clone to the demo: installs the npm packages and, as root on Debian or Ubuntu, redis-server; builds; runs
# `scan-writer demo` in the current folder. What it cannot install it names, and stops with 2.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)

if ! command -v redis-server >/dev/null && ! command -v valkey-server >/dev/null; then
  echo "The demo needs a redis-server of its own." >&2
  "$root/scripts/debian-packages.sh" redis-server
fi
"$root/scripts/npm-packages.sh"
npm --prefix "$root" run --silent build
exec node "$root/dist/cli/main.js" demo
