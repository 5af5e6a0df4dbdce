#!/usr/bin/python3
"""Whether files hold what was published, whatever happened while they were written.

usage: after_fault.py DATA_DIR [--made SPEC_JSON] [--recording DIR]... [--redis URL] [--alone]

DATA_DIR is where /mnt/beamline00 was mapped to. What was published is told by test/support/made_scans.py and by recordings
(read with Python's own pickle and numpy). For each scan:
  - its file opens, all of it can be read, and its mode lets nobody write
  - every point is in its row, once; but for the rows that writer/missing names, which hold NaN or 0
  - Redis holds no point that writer/missing names (with --redis; without, none may be missing)
  - writer/status is SUCCEEDED, or INCOMPLETE when points are missing; the hashes of the manifest are right
  - the master leads to it
and nothing else stands in DATA_DIR: no lock, no journal, no draft, no second file of a scan. With --alone nothing is said
of names that start with a dot: other writers may hold them.
Prints JSON {compared, missing, lost, twice, unreadable, different}, the latter four as lists of sentences; exit status 1
when there is any, or nothing to compare.
"""
import argparse, hashlib, json, os, re, stat, sys
import h5py, numpy
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]
import made_scans, published_values

BLOCK = 1000  # points compared at a time

class Published:
    """A scan: `channels` is a list of (stream's key, full name, points, values(first, count))."""
    def __init__(self, node, filename, entries, channels):
        self.node, self.filename, self.entries, self.channels = node, filename, entries, channels
        self.number = int(entries[0].split(".")[0])

def from_spec(spec):
    for scan in made_scans.made(spec):
        channels = [(c.node, c.name, scan.points, c.values) for c in scan.channels]
        yield Published(scan.node, scan.filename, [scan.entry], channels)

def from_recording(folder):
    infos = published_values.scan_infos(folder)
    streams = published_values.published(folder)
    for node, info in infos.items():
        if not info["save"]: continue
        channels = []
        for key, (name, points) in streams.items():
            if not key.startswith(node + ":"): continue
            stored = [published_values.stored_as(points[index]) for index in range(len(points))]
            channels.append((key, name, len(stored), lambda first, count, stored=stored: stored[first:first + count]))
        entries = [f"{info['scan_nb']}.{n + 1}" for n in range(len(info["acquisition_chain"]))]
        yield Published(node, info["filename"], entries, channels)

class Judge:
    def __init__(self, directory, redis, alone):
        self.directory, self.redis, self.alone = directory, redis, alone
        self.said = {"lost": [], "twice": [], "unreadable": [], "different": []}
        self.compared = self.missing = 0
        self.expected = set()

    def say(self, kind, text): self.said[kind].append(text)

    def judge(self, scan):
        master = os.path.join(self.directory, os.path.relpath(scan.filename, "/mnt/beamline00"))
        path = f"{master[:-3]}_scan{scan.number:04d}.h5"
        self.expected |= {master, path}
        if not os.path.exists(path): return self.say("lost", f"{scan.node}: no file {path}")
        for file in (master, path):
            if os.path.exists(file) and stat.S_IMODE(os.stat(file).st_mode) != 0o444: self.say("different", f"{file} has the mode {os.stat(file).st_mode:o}")
        try:
            with h5py.File(path, "r") as h5:
                read_all(h5)
                found = set().union(*(self.entry(scan, path, h5[entry]) for entry in scan.entries))
                for key, name, points, _ in scan.channels:
                    if points and name not in found: self.say("lost", f"{path}: {name} has no dataset")
                if set(h5) != set(scan.entries): self.say("different", f"{path} has the entries {list(h5)}")
        except (OSError, KeyError, RuntimeError) as error: return self.say("unreadable", f"{path}: {error!r}")
        try:
            with h5py.File(master, "r") as h5:
                for entry in scan.entries:
                    link = h5.get(entry, getlink=True)
                    if link is None: self.say("lost", f"{master} has no {entry}")
                    elif not isinstance(link, h5py.ExternalLink) or h5[entry]["writer/scan"][()].decode() != scan.node or os.path.realpath(h5[entry].file.filename) != os.path.realpath(path):
                        self.say("different", f"{master}: {entry} leads elsewhere")
        except (OSError, KeyError, RuntimeError) as error: self.say("unreadable", f"{master}: {error!r}")

    def entry(self, scan, path, entry):
        writer = entry["writer"]
        if writer["scan"][()].decode() != scan.node: self.say("different", f"{path} is of {writer['scan'][()]}")
        missing = {}
        for name, first, count, reason in zip(*(texts(writer["missing"][key]) for key in ("channel", "first", "count", "reason"))) if "missing" in writer else ():
            missing.setdefault(name, []).append((int(first), int(count)))
        datasets = {}
        for name, dataset in zip(texts(writer["channels/name"]), texts(writer["channels/dataset"])): datasets.setdefault(name, []).append(dataset)
        status = writer["status"][()].decode()
        if status != ("INCOMPLETE" if missing else "SUCCEEDED"): self.say("different", f"{path}: {status} with {len(missing)} channels in missing")
        if entry["end_reason"][()] != b"SUCCESS": self.say("different", f"{path}: ended with {entry['end_reason'][()]}")
        for dataset, digest in zip(texts(writer["manifest/dataset"]), texts(writer["manifest/sha256"])):
            if sha256(entry.file[dataset]) != digest: self.say("different", f"{path}: the hash of {dataset} is wrong")
        names = [name for _, name, _, _ in scan.channels]
        for unknown in set(missing) - set(names): self.say("different", f"{path}: missing names {unknown}")
        for key, name, points, values in scan.channels:
            dataset = datasets.get(name, [""])[0]
            if dataset: self.channel(f"{path} {name}", key, points, values, entry.file[dataset], missing.get(name, []))
        return {name for name, found in datasets.items() if found[0]}

    def channel(self, name, key, points, values, dataset, missing):
        gone = numpy.zeros(points, bool)
        for first, count in missing:
            if first < 0 or count < 1 or first + count > points: self.say("different", f"{name}: missing {first}+{count} of {points}"); continue
            if gone[first:first + count].any(): self.say("different", f"{name}: missing {first}+{count} is named twice")
            gone[first:first + count] = True
        self.missing += int(gone.sum())
        held = self.first_held(key)
        for index in numpy.flatnonzero(gone[held:])[:1]: self.say("lost", f"{name}[{index + held}] is named missing, Redis has it ({int(gone[held:].sum())} points)")
        if len(dataset) > points: self.say("twice", f"{name}: {len(dataset)} rows, published {points}")
        for first in range(0, points, BLOCK):
            expected, got = values(first, min(BLOCK, points - first)), dataset[first:first + min(BLOCK, points - first)]
            if isinstance(expected, numpy.ndarray) and len(got) == len(expected) and not gone[first:first + len(got)].any() and expected.dtype == got.dtype and expected.shape == got.shape and numpy.array_equal(expected, got):
                self.compared += len(got)
                continue
            self.rows(name, first, expected, got, gone)

    def rows(self, name, first, expected, got, gone):
        """One by one, to say which."""
        for n, value in enumerate(expected):
            row = got[n] if n < len(got) else None
            value = value if isinstance(value, str) else numpy.asarray(value)
            if gone[first + n]:
                if row is not None and not is_fill(row): self.say("different", f"{name}[{first + n}] is named missing and holds {str(row)[:60]}")
            elif row is None or (is_fill(row) and not is_fill(value)): self.say("lost", f"{name}[{first + n}] is {'a fill value' if row is not None else 'not there'} and not named missing")
            elif not same(value, row): self.say("different", f"{name}[{first + n}] is {str(row)[:60]}, published {str(value)[:60]}")
            else: self.compared += 1

    def first_held(self, key):
        """Index of the first point that Redis has."""
        if self.redis is None: return 0
        first = self.redis.xrange(key + "_data", count=1)
        return int(first[0][0].split(b"-")[0]) - 1 if first else sys.maxsize

    def others(self):
        for folder, _, names in os.walk(self.directory):
            for path in (os.path.join(folder, name) for name in sorted(names)):
                if path in self.expected or (self.alone and os.path.basename(path).startswith(".")): continue
                self.say("twice" if path.endswith(".h5") else "different", f"{path} stands among the data")

def same(value, row):
    if isinstance(value, str): return published_values.same(value, row)
    row = numpy.asarray(row)
    if row.shape != value.shape: row = row[tuple(slice(n) for n in value.shape)]
    return published_values.same(value, row)

def is_fill(row):
    row = numpy.asarray(row)
    if row.dtype.kind == "f": return bool(numpy.isnan(row).all()) and row.size > 0
    return row.dtype.kind in "iu" and not row.any() and row.size > 0

def texts(dataset): return [value.decode() if isinstance(value, bytes) else value for value in dataset[()]]

def sha256(dataset):
    digest = hashlib.sha256()
    if dataset.dtype.kind == "O":
        for value in dataset[()]: digest.update(value + b"\0")
    else:
        for first in range(0, len(dataset), BLOCK): digest.update(numpy.ascontiguousarray(dataset[first:first + BLOCK]).tobytes())
    return digest.hexdigest()

def read_all(h5):
    """Every dataset, to see that all of it can be read."""
    h5.visititems(lambda _, item: item[()] if isinstance(item, h5py.Dataset) and item.size and item.nbytes < 2**26 else None)

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory")
    parser.add_argument("--made")
    parser.add_argument("--recording", action="append", default=[])
    parser.add_argument("--redis")
    parser.add_argument("--alone", action="store_true")
    args = parser.parse_args()
    redis = None
    if args.redis:
        import redis as client
        redis = client.Redis.from_url(args.redis)
    judge = Judge(args.directory, redis, args.alone)
    for scan in from_spec(args.made) if args.made else (): judge.judge(scan)
    for folder in args.recording:
        for scan in from_recording(folder): judge.judge(scan)
    judge.others()
    print(json.dumps({"compared": judge.compared, "missing": judge.missing, **{kind: found[:20] for kind, found in judge.said.items()}}))
    sys.exit(1 if any(judge.said.values()) or not judge.compared else 0)

if __name__ == "__main__": main()
