#!/bin/sh
# newest-readers.sh DIR: makes a python environment with the newest PyMca, silx and h5py of PyPI in DIR, for
#   SCAN_WRITER_NEWEST_PYTHON=DIR/bin/python scripts/test.sh
# Takes some 20 s and 650 MB. Where that cannot be had it says so in a line and stops with 1.
set -eu

if [ "$#" -ne 1 ]; then
  echo "usage: scripts/newest-readers.sh DIR" >&2
  exit 2
fi
python="$1/bin/python"

install() {
  timeout 120 "$python" -m pip install -q --disable-pip-version-check --no-input --retries 1 --timeout 10 \
    --no-compile --only-binary :all: "$@"
}

# PyMca depends on fisx, which would be compiled for two minutes and only fits spectra: reading does without.
if ! log=$({ python3 -m venv "$1" && install PyQt5 h5py silx matplotlib && install --no-deps PyMca5; } 2>&1) ||
  ! "$python" -c 'import h5py, PyMca5, silx.io; print("newest readers: PyMca", PyMca5.version(), "silx", silx.version, "h5py", h5py.__version__)'; then
  echo "The newest PyMca, silx and h5py cannot be had from PyPI: $(printf '%s' "$log" | tail -n 1)" >&2
  exit 1
fi
