#!/usr/bin/python3
"""Opens a file again and again while it grows, as people look at running scans.

usage: read_growing.py FILE ENTRY SECONDS [READER]

With h5py, silx and PyMca's opener (plain read mode, no options) and h5dump, or with one of them. Each attempt may be tried a second time after
50 ms. Each reads every 1-D dataset below ENTRY/measurement. Prints JSON: attempts and failures by reader, the lengths seen
of the longest dataset; exit status 1 when an attempt failed twice or a dataset became shorter or changed its values.
"""
import json, os, subprocess, sys, time
import h5py, numpy, silx.io
from PyMca5.PyMcaCore import NexusDataSource

name, entry, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
seen = {}
problems = []

def look(h5):
    measurement = h5.get(f"{entry}/measurement") if entry in h5 else None
    longest = 0
    for key in measurement or ():
        values = numpy.asarray(measurement[key][()])
        before = seen.get(key)
        if before is not None:
            if len(values) < len(before): problems.append(f"{key} became shorter")
            elif not numpy.array_equal(values[: len(before)], before, equal_nan=True): problems.append(f"{key} changed")
        seen[key] = values
        longest = max(longest, len(values))
    return longest

def h5py_plain():
    with h5py.File(name, "r") as h5: return look(h5)

def silx_open():
    with silx.io.open(name) as h5: return look(h5)

def pymca_open():
    h5 = NexusDataSource.h5open(name)
    try: return look(h5)
    finally: h5.close()

def h5dump():
    subprocess.run(["h5dump", "-g", f"/{entry}", name], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return 0

readers = {"h5py": h5py_plain, "silx": silx_open, "PyMca": pymca_open, "h5dump": h5dump}
if len(sys.argv) > 4: readers = {sys.argv[4]: readers[sys.argv[4]]}
attempts = dict.fromkeys(readers, 0); second = dict.fromkeys(readers, 0); lengths = set()
deadline = time.time() + seconds
while not os.path.exists(name) and time.time() < deadline: time.sleep(0.01)
while time.time() < deadline:
    for reader, read in readers.items():
        attempts[reader] += 1
        try: lengths.add(read())
        except Exception:
            second[reader] += 1
            time.sleep(0.05)
            try: lengths.add(read())
            except Exception as error: problems.append(f"{reader}: {error}")
print(json.dumps({"attempts": attempts, "second": second, "lengths": sorted(lengths), "problems": problems}))
sys.exit(1 if problems else 0)
