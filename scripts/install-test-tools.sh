#!/bin/sh
# Installs what the tests need besides Node: a Redis to start, and the programs that must be able to read our files.
# For Debian and Ubuntu. Starts no service.
set -eu

packages='redis-server python3-h5py python3-pymca5 python3-silx silx hdf5-tools pymca xvfb xauth'

if dpkg -s $packages >/dev/null 2>&1; then
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "The tests need redis-server (or valkey-server) on PATH, and h5py, PyMca5 and silx for /usr/bin/python3." >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "The tests need some packages; install them with: sudo $0" >&2
  exit 1
fi

# Debian starts a Redis on port 6379 when it is installed, unless a policy forbids it.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi

export DEBIAN_FRONTEND=noninteractive
apt-get -o Acquire::Retries=3 update -q
apt-get -o Acquire::Retries=3 install -y -q --no-install-recommends $packages
