#!/bin/sh
# Runs all tests: installs the npm packages when they are missing or older than the lock file, then `npm test`.
# With --install also installs what the tests need besides Node (Debian and Ubuntu, as root; else it says what is
# missing and stops with 2). Without it, tests whose tools are missing are skipped.
set -eu
cd "$(dirname "$0")/.."

case "${1:-}" in
--install) scripts/install-test-tools.sh ;;
'') ;;
*)
  echo "usage: scripts/test.sh [--install]" >&2
  exit 2
  ;;
esac
scripts/npm-packages.sh
export TZ=UTC
npm test
