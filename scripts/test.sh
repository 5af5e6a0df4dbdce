#!/bin/sh
# Runs all tests: installs the npm packages when they are missing or older than the lock file, then `npm test`.
# With --install also installs what the tests need besides Node (Debian and Ubuntu, as root; else it says what is
# missing and stops with 2). Without it, tests whose tools are missing are skipped.
# With --newest also reads our files with the newest PyMca, silx and h5py of PyPI, where they can be had.
set -eu
cd "$(dirname "$0")/.."

newest=''
for option; do
  case "$option" in
  --install) scripts/install-test-tools.sh ;;
  --newest) newest=$(mktemp -d) ;;
  *)
    echo "usage: scripts/test.sh [--install] [--newest]" >&2
    exit 2
    ;;
  esac
done
scripts/npm-packages.sh
if [ -n "$newest" ]; then
  trap 'rm -rf "$newest"' EXIT
  if scripts/newest-readers.sh "$newest"; then
    export SCAN_WRITER_NEWEST_PYTHON="$newest/bin/python"
  fi
fi
export TZ=UTC
npm test
