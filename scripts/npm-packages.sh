#!/bin/sh
# Installs the npm packages when they are missing or older than the lock file. Stops with 2 when Node or npm is not there or too old.
set -eu
cd "$(dirname "$0")/.."

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "Node 20 or newer with npm is needed: see https://nodejs.org/." >&2
  exit 2
fi
# engines in package.json: ^20.19.0 || ^22.13.0 || >=24.0.0
if ! node -e '
  const [major, minor] = process.versions.node.split(".").map(Number);
  process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 13) || major >= 24 ? 0 : 1);
'; then
  echo "Node $(node --version) is not supported: take 20.19, 22.13, 24 or newer from https://nodejs.org/." >&2
  exit 2
fi

installed=node_modules/.package-lock.json
if [ -e "$installed" ] && [ ! package-lock.json -nt "$installed" ]; then
  exit 0
fi
npm ci --include=dev --no-audit --no-fund
