"""Prints what h5py sees in a file, as JSON: {path: {kind, shape, dtype, chunks, values, attributes}} in the order of links."""
import json
import sys

import h5py
import numpy


def plain(value):
    """numpy to JSON: NaN and infinities as text, complex as [re, im], bytes as text."""
    if isinstance(value, numpy.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, (complex, numpy.complexfloating)):
        return [plain(value.real), plain(value.imag)]
    if isinstance(value, (float, numpy.floating)):
        return float(value) if numpy.isfinite(value) else str(value)
    if isinstance(value, (int, numpy.integer)):
        return int(value) if abs(int(value)) < 2**53 else str(value)
    return str(value)


def attributes(item):
    return {name: {"shape": list(numpy.shape(value)), "value": plain(value)} for name, value in item.attrs.items()}


def describe(parent, name):
    link = parent.get(name, getlink=True)
    if isinstance(link, h5py.SoftLink):
        return {"kind": "soft", "target": link.path}
    if isinstance(link, h5py.ExternalLink):
        return {"kind": "external", "file": link.filename, "target": link.path}
    item = parent[name]
    if isinstance(item, h5py.Group):
        return {"kind": "group", "attributes": attributes(item)}
    text = h5py.check_string_dtype(item.dtype)
    return {
        "kind": "dataset",
        "shape": list(item.shape),
        "dtype": f"text {text.encoding} {text.length}" if text else str(item.dtype),
        "chunks": item.chunks and list(item.chunks),
        "maxshape": [length or -1 for length in item.maxshape],
        "values": plain(item[()]),
        "attributes": attributes(item),
    }


def walk(group, path, found):
    for name in group:
        found[f"{path}/{name}"] = describe(group, name)
        if found[f"{path}/{name}"]["kind"] == "group":
            walk(group[name], f"{path}/{name}", found)


with h5py.File(sys.argv[1], "r") as file:
    everything = {"/": {"kind": "group", "attributes": attributes(file)}}
    # h5py lists file itself by name, whatever the file says
    walk(file["/"], "", everything)
    json.dump(everything, sys.stdout)
