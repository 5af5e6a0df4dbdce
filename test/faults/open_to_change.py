#!/usr/bin/python3
"""Opens files again and again to append to them while they are written, as people should not.

usage: open_to_change.py SECONDS FILE...

Prints JSON: how often it tried, and which attempts were let in (and changed nothing). Exit status 1 when any was.
"""
import json, os, sys, time
import h5py

attempts, let_in = 0, []
deadline = time.time() + float(sys.argv[1])
while time.time() < deadline:
    for path in sys.argv[2:]:
        for mode in ("a", "r+"):
            if not os.path.exists(path): continue
            attempts += 1
            try: h5py.File(path, mode).close(); let_in.append(f"{mode} {path}")
            except OSError: pass
    time.sleep(0.05)
print(json.dumps({"attempts": attempts, "letIn": let_in[:20]}))
sys.exit(1 if let_in else 0)
