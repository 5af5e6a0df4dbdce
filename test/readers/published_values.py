#!/usr/bin/python3
"""Whether the file of a recorded scan holds every value that was published, as it was published.

usage: published_values.py RECORDING_DIR OUTPUT_DIR

OUTPUT_DIR is where /mnt/beamline00 was mapped to; the scans were written with --generic, so that each channel is a group
of its own. The published values are read from the recording with Python's own pickle and numpy. Stored otherwise, as
docs/file-layout.md says: bool as 0 and 1, float16 as float32, complex as r and i, objects as text; points of different
length are filled up with NaN or 0 and have their lengths beside them. Prints one line a difference and a count; exit
status 1 when there is any difference, or nothing to compare.
"""
import base64, glob, gzip, io, json, os, pickle, re, sys
import h5py, numpy

class Inert:
    def __init__(self, *args, **kwargs): pass
    def __setstate__(self, state): pass
    def __setitem__(self, key, value): pass

class Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        return super().find_class(module, name) if module.startswith(("numpy", "builtins", "_codecs", "collections")) else Inert

def load(value): return Unpickler(io.BytesIO(base64.b64decode(value["b64"]))).load()

def raw(value): return base64.b64decode(value["b64"]).decode() if isinstance(value, dict) else value

def published(folder):
    """Node of each channel -> (its full name, {index: value})."""
    nodes, names = {}, {}
    for line in gzip.open(os.path.join(folder, "commands.jsonl.gz"), "rt"):
        cmd = json.loads(line)["cmd"]
        key = raw(cmd[1]) if len(cmd) > 1 else ""
        if cmd[0] == "HSET" and key.endswith("_info"):
            for field, value in zip(cmd[2::2], cmd[3::2]):
                if raw(field) == "fullname": names[key[:-5]] = load(value) if isinstance(value, dict) else value
        if cmd[0] != "XADD" or not key.endswith("_data"): continue
        at = next(i for i, part in enumerate(cmd) if i > 1 and re.fullmatch(r"\d+(-\d+)?|\*", str(raw(part))) and cmd[i - 1] not in ("~", "=", "MAXLEN"))
        fields = {raw(f): v for f, v in zip(cmd[at + 1::2], cmd[at + 2::2])}
        if fields.get("__EVENT__") != "CHANNELDATA" or load(fields["__DESC__"]).get("reference"): continue
        count, data = int(raw(fields["__NPOINTS__"])), load(fields["__DATA__"])
        points = nodes.setdefault(key[:-5], {})
        for n, point in enumerate([data] if count == 1 else data): points[int(raw(cmd[at]).split("-")[0]) - 1 + n] = point
    return {node: (names.get(node, ":".join(node.split(":")[-2:])), points) for node, points in nodes.items()}

def scan_infos(folder):
    """Node of each scan -> its scan_info, as it was first published."""
    infos = {}
    for line in gzip.open(os.path.join(folder, "commands.jsonl.gz"), "rt"):
        cmd = json.loads(line)["cmd"]
        key = raw(cmd[1]) if len(cmd) > 1 else ""
        fields = {raw(f): v for f, v in zip(cmd[2::2], cmd[3::2])} if cmd[0] == "HSET" and key.endswith("_info") else {}
        if "acquisition_chain" in fields: infos.setdefault(key[:-5], {name: load(value) for name, value in fields.items()})
    return infos

def dataset_of(entry, name):
    """The channel's dataset: its group is the end of its full name."""
    clean = re.sub(r"[^A-Za-z0-9_]+", "_", name)
    fits = [g for g in entry["instrument"] if (clean == g or clean.endswith("_" + g)) and {"data", "value"} & set(entry["instrument"][g])]
    if not fits: return None
    group = entry["instrument"][max(fits, key=len)]
    return group["value"] if "value" in group else group["data"]

def stored_as(value):
    """What is to stand in the file."""
    if isinstance(value, (str, bytes)) or getattr(value, "dtype", numpy.dtype("O")).kind in "OSU":
        value = value.tolist() if isinstance(value, (numpy.ndarray, numpy.generic)) else value
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    value = numpy.asarray(value)
    return value.astype({"b": "u1", "f": "f4"}[value.dtype.kind]) if value.dtype in ("bool", "float16") else value

def same(expected, got):
    if not isinstance(expected, numpy.ndarray):
        return (got.decode() if isinstance(got, bytes) else got) == (expected if isinstance(expected, str) else str(expected))
    if got.dtype.names: got = got["r"] + 1j * got["i"]
    if (expected.dtype.kind, expected.dtype.itemsize) != (got.dtype.kind, got.dtype.itemsize): return False
    return numpy.array_equal(expected, got, equal_nan=expected.dtype.kind in "fc")

def compare(name, points, dataset, lengths, say):
    if dataset is None: return say(f"{name}: no dataset")
    values = dataset[()]
    if len(values) != max(points) + 1: say(f"{name}: {len(values)} points, published {max(points) + 1}")
    shapes = {numpy.shape(stored_as(p)) for p in points.values()}
    if len(shapes) > 1 and lengths is None: say(f"{name}: no lengths")
    for index, point in points.items():
        expected = stored_as(point)
        got = values[index] if index < len(values) else None
        if got is None: say(f"{name}[{index}]: missing"); continue
        if isinstance(expected, numpy.ndarray):
            shape = expected.shape
            part = numpy.asarray(got)[tuple(slice(n) for n in shape)]
            filled = numpy.ones(numpy.shape(got), bool); filled[tuple(slice(n) for n in shape)] = False
            rest = numpy.asarray(got)[filled]
            if not same(expected, part): say(f"{name}[{index}]: {point!r} / {got!r}"); continue
            if rest.size and not (numpy.isnan(rest).all() if rest.dtype.kind == "f" else not rest.any()): say(f"{name}[{index}]: filled with {rest!r}")
            if lengths is not None and tuple(numpy.atleast_1d(lengths[index])) != shape: say(f"{name}[{index}]: length {lengths[index]}, published {shape}")
        elif not same(expected, got): say(f"{name}[{index}]: {point!r} / {got!r}")

def main():
    differences, compared = [], 0
    files = {}
    for path in glob.glob(os.path.join(sys.argv[2], "**", "*_scan[0-9]*.h5"), recursive=True):
        with h5py.File(path, "r") as f:
            for entry in f: files[f[entry]["writer/scan"][()].decode()] = (path, entry)
    for node, (name, points) in published(sys.argv[1]).items():
        scan = next((s for s in files if node.startswith(s + ":")), None)
        if scan is None: differences.append(f"{node}: no file"); continue
        path, entry = files[scan]
        with h5py.File(path, "r") as f:
            dataset = dataset_of(f[entry], name)
            lengths = None if dataset is None else dataset.parent.get(dataset.name.split("/")[-1] + "_lengths")
            compare(name, points, dataset, lengths, differences.append)
            compared += len(points)
    for line in differences[:50]: print(line)
    print(f"{compared} values compared, {len(differences)} different")
    sys.exit(1 if differences or not compared else 0)

if __name__ == "__main__": main()
