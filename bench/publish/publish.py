#!/usr/bin/python3
"""Publishes scans for benchmarks into a Redis, with the keys and values of BLISS.

usage: publish.py REDIS_URL SPEC_JSON

SPEC_JSON is a file {"scans": [...]} with the arguments of scans.Scan; those with a rate are published at their pace, all at
the same time, the others one after the other. Prints JSON {"scans": [...]}: of each scan its node, points, bytes of values,
its data streams, and for how long it was published and how late at most (seconds).
"""
import concurrent.futures, json, os, sys, time
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "test", "support"))
import made_scans
from connection import RawConnection
from events import Events
from scans import Scan

BATCH_BYTES = 1 << 20
# Publishers of many channels do not send each point by itself but what has come in the last milliseconds.
TICK = 0.02

class FastPublisher(made_scans.Publisher):
    def __init__(self, url, scan):
        super().__init__(url, scan)
        self.events = [Events(channel) for channel in scan.channels]
        self.raw = RawConnection(url)
        self.late = 0.0

    def points(self, first, count):
        parts, commands = [], 0
        for channel, events in zip(self.scan.channels, self.events):
            data, sent = events.encode(first, channel.values(first, count), self.scan.block)
            parts.append(data)
            commands += sent
        self.raw.send(b"".join(parts), commands)

    def all_points(self):
        begin = time.monotonic()
        if self.scan.rate is None: self.at_once()
        else: self.paced(begin)
        self.seconds = time.monotonic() - begin

    def at_once(self):
        scan = self.scan
        step = max(1, BATCH_BYTES // (scan.point_bytes + 250 * len(scan.channels) // scan.block))
        step = -(-step // scan.block) * scan.block
        for first in range(0, scan.points, step): self.points(first, min(step, scan.points - first))

    def paced(self, begin):
        scan, done = self.scan, 0
        while done < scan.points:
            now = time.monotonic()
            due = min(scan.points, int((now - begin) * scan.rate))
            whole = due if due == scan.points else due - due % scan.block
            if whole > done:
                self.late = max(self.late, (now - begin) - (done + scan.block) / scan.rate)
                self.points(done, whole - done)
                done = whole
            time.sleep(max(0.001, TICK - (time.monotonic() - now)))

def described(publisher):
    scan = publisher.scan
    channels = [{"key": c.node + "_data", "name": c.name, "dtype": c.dtype.name, "shape": c.shape} for c in scan.channels]
    return {"scan": scan.node, "folder": scan.folder, "points": scan.points, "bytes": scan.points * scan.point_bytes,
        "channels": channels, "seconds": publisher.seconds, "late": publisher.late}

def published(url, scan):
    publisher = FastPublisher(url, scan)
    publisher.publish()
    publisher.redis.close()
    publisher.raw.socket.close()
    return described(publisher)

def main():
    url, spec = sys.argv[1:]
    with open(spec) as file: scans = [Scan(**scan) for scan in json.load(file)["scans"]]
    with concurrent.futures.ThreadPoolExecutor(max(1, sum(scan.rate is not None for scan in scans))) as threads:
        paced = {scan.node: threads.submit(published, url, scan) for scan in scans if scan.rate is not None}
        done = [published(url, scan) if scan.rate is None else None for scan in scans]
        done = [one or paced[scan.node].result() for one, scan in zip(done, scans)]
    json.dump({"scans": done}, sys.stdout)

if __name__ == "__main__": main()
