#!/usr/bin/python3
"""Opens a file again and again while it grows, as people look at running scans.

usage: read_growing.py FILE ENTRY SECONDS [READER]

With h5py, silx and PyMca's opener (plain read mode, no options) and h5dump, or with one of them.
FILE and ENTRY may be several, with commas between them. Each attempt may be tried a second time after
50 ms. Each reads every 1-D dataset below ENTRY/measurement and the last point of every other. Prints JSON: attempts and failures by reader, what failures said, the lengths seen
of the longest dataset; exit status 1 when an attempt failed twice or a dataset became shorter or changed its values.
"""
import itertools, json, os, subprocess, sys, time
import h5py, numpy, silx.io
from PyMca5.PyMcaCore import NexusDataSource

files, seconds = list(zip(sys.argv[1].split(","), sys.argv[2].split(","))), float(sys.argv[3])
seen = {}
problems = []

def look(h5, name, entry):
    measurement = h5.get(f"{entry}/measurement") if entry in h5 else None
    longest = 0
    for key in measurement or ():
        dataset = measurement[key]
        longest = max(longest, len(dataset))
        if dataset.ndim > 1:
            dataset[-1:]
            continue
        values = numpy.asarray(dataset[()])
        before = seen.get((name, entry, key))
        if before is not None:
            if len(values) < len(before): problems.append(f"{key} became shorter")
            elif not numpy.array_equal(values[: len(before)], before, equal_nan=True): problems.append(f"{key} changed")
        seen[name, entry, key] = values
    return longest

def h5py_plain(name, entry):
    with h5py.File(name, "r") as h5: return look(h5, name, entry)

def silx_open(name, entry):
    with silx.io.open(name) as h5: return look(h5, name, entry)

def pymca_open(name, entry):
    h5 = NexusDataSource.h5open(name)
    try: return look(h5, name, entry)
    finally: h5.close()

def h5dump(name, entry):
    # Of several files only the structure: all of a large one takes longer than from one flush to the next.
    subprocess.run(["h5dump", *(["-H"] if len(files) > 1 else []), "-g", f"/{entry}", name], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return 0

def is_there(name, entry):
    # A master has no link to a scan in the moment in which the file of the scan appears.
    try:
        with h5py.File(name, "r") as h5: return entry in h5
    except OSError: return False

readers = {"h5py": h5py_plain, "silx": silx_open, "PyMca": pymca_open, "h5dump": h5dump}
if len(sys.argv) > 4: readers = {sys.argv[4]: readers[sys.argv[4]]}
attempts = dict.fromkeys(readers, 0); second = dict.fromkeys(readers, 0); lengths = set(); errors = {}
deadline = time.time() + seconds
while not all(is_there(name, entry) for name, entry in files) and time.time() < deadline: time.sleep(0.01)
while time.time() < deadline:
    for (name, entry), (reader, read) in itertools.product(files, readers.items()):
        attempts[reader] += 1
        try:
            lengths.add(read(name, entry))
            continue
        except Exception as error: said = f"{reader} {os.path.basename(name)}: {(getattr(error, 'stderr', None) or str(error).encode()).decode().strip()[:150]}"
        # Out of the handler: its traceback keeps a file open that was reached through a link, with all that was read of it.
        second[reader] += 1
        errors[said] = errors.get(said, 0) + 1
        time.sleep(0.05)
        try: lengths.add(read(name, entry))
        except Exception as error: problems.append(f"{reader} {os.path.basename(name)}: {error}")
print(json.dumps({"attempts": attempts, "second": second, "errors": errors, "lengths": sorted(lengths), "problems": problems}))
sys.exit(1 if problems else 0)
