#!/bin/sh
# Installs what the tests need besides Node: a Redis to start, and the programs that must be able to read our files.
# For Debian and Ubuntu, as root; else it says what is missing and stops with 2.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

missing=''
if ! command -v redis-server >/dev/null && ! command -v valkey-server >/dev/null; then
  missing='a redis-server'
fi
if ! /usr/bin/python3 -c 'import h5py, PyMca5, silx.io' >/dev/null 2>&1; then
  missing="${missing:+$missing, }h5py, PyMca5 and silx for /usr/bin/python3"
fi
if ! command -v h5dump >/dev/null; then
  missing="${missing:+$missing, }h5dump"
fi
if ! /usr/bin/python3 -c 'import bitshuffle' >/dev/null 2>&1; then
  missing="${missing:+$missing, }bitshuffle for HDF5"
fi
if ! /usr/bin/python3 -c 'import redis' >/dev/null 2>&1; then
  missing="${missing:+$missing, }redis for /usr/bin/python3"
fi
if ! echo 'int main(void) { return 0; }' | gcc -x c -o /dev/null - >/dev/null 2>&1; then
  missing="${missing:+$missing, }gcc"
fi
if ! command -v faketime >/dev/null; then
  missing="${missing:+$missing, }faketime"
fi
if ! command -v xvfb-run >/dev/null || ! command -v xauth >/dev/null; then
  missing="${missing:+$missing, }xvfb-run with xauth"
fi
if ! /usr/bin/python3 -c 'import tango' >/dev/null 2>&1; then
  missing="${missing:+$missing, }PyTango for /usr/bin/python3"
fi
if [ ! -x /usr/bin/chromium ]; then
  missing="${missing:+$missing, }chromium"
fi
if [ -z "$missing" ]; then
  exit 0
fi

echo "The tests need $missing." >&2
"$here/debian-packages.sh" redis-server python3-h5py python3-pymca5 python3-silx silx hdf5-tools bitshuffle pymca xvfb xauth \
  python3-venv python3-redis python3-tango gcc libc6-dev faketime chromium
