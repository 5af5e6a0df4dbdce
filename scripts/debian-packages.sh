#!/bin/sh
# debian-packages.sh PACKAGE ...: installs packages of Debian or Ubuntu, as root. Starts no service.
# Without root or apt-get it says what to type and stops with 2.
set -eu

if ! command -v apt-get >/dev/null; then
  echo "There is no apt-get here. Install these with what this system has: $*" >&2
  exit 2
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "This user cannot install packages. As root: apt-get install $*" >&2
  exit 2
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
apt-get -o Acquire::Retries=3 install -y -q --no-install-recommends "$@"
