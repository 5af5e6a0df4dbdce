#!/bin/sh
# Runs all tests: installs the npm packages when they are missing or older than the lock file, then `npm test`.
# With --install also installs what the tests need besides Node (Debian and Ubuntu, as root).
set -eu
cd "$(dirname "$0")/.."

if [ "${1:-}" = --install ]; then
  scripts/install-test-tools.sh
fi
if ! command -v npm >/dev/null; then
  echo "Node 20 or newer with npm is needed, see https://nodejs.org/." >&2
  exit 1
fi
installed=node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ package-lock.json -nt "$installed" ]; then
  npm ci --no-audit --no-fund
fi
export TZ=UTC
npm test
