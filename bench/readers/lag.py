#!/usr/bin/python3
"""Looks at a file that grows, as a person at the beamline does, and says how late its points can be read.

usage: lag.py FILE DATASET POLL_SECONDS SKIP_POINTS

DATASET holds when each point was published (seconds since the epoch). The file is opened, read and closed at every look,
until SIGTERM; then JSON {p50, p99, looks, failed, lags} is printed: the time from publication to the first look that finds
the point in seconds, without the first SKIP_POINTS; how often it looked and could not read; and the age of the newest
point at each look that found new ones.
"""
import json, os, signal, sys, time
import h5py, numpy

def main():
    path, name, poll, skip = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    ages, lags, seen, looks, failed = [], [], 0, 0, 0
    print("looking", flush=True)
    while not stopped:
        time.sleep(poll)
        if not os.path.exists(path): continue
        looks += 1
        try:
            with h5py.File(path, "r") as file:
                new = file[name][seen:]
        except (OSError, KeyError, RuntimeError):
            failed += 1
            continue
        now = time.time()
        if not len(new): continue
        ages.append(now - new[max(0, skip - seen):])
        lags.append(now - new[-1])
        seen += len(new)
    ages = numpy.concatenate(ages) if ages else numpy.zeros(0)
    p50, p99 = numpy.quantile(ages, [0.5, 0.99]) if len(ages) else (None, None)
    print(json.dumps({"p50": p50, "p99": p99, "looks": looks, "failed": failed, "lags": lags}))

if __name__ == "__main__": main()
