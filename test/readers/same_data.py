#!/usr/bin/python3
"""Whether two files hold the same data: every object, link, value and attribute.

usage: same_data.py A B

What only says when and where the file was written may differ: file_time, file_name, writer/date. So may the chunks.
Prints one line a difference; exit status 1 when there is any. External links are compared by the entry they lead to.
"""
import sys
import h5py, numpy

OWN_ATTRIBUTES = ("file_time", "file_name")
OWN_DATASETS = ("/writer/date",)
different = []

def describe(group, name):
    link = group.get(name, getlink=True)
    if isinstance(link, h5py.SoftLink): return ("soft", link.path)
    if isinstance(link, h5py.ExternalLink): return ("external", link.path)
    return ("object", type(group[name]).__name__)

def equal(a, b):
    a, b = numpy.asarray(a), numpy.asarray(b)
    if a.shape != b.shape or a.dtype != b.dtype: return False
    return numpy.array_equal(a, b, equal_nan=a.dtype.kind in "fc")

def compare(path, a, b):
    names = (set(a.attrs) | set(b.attrs)) - set(OWN_ATTRIBUTES)
    for name in sorted(names):
        if name not in a.attrs or name not in b.attrs or not equal(a.attrs[name], b.attrs[name]):
            different.append(f"{path}@{name}")
    if isinstance(a, h5py.Dataset):
        if not path.endswith(OWN_DATASETS) and not equal(a[()], b[()]): different.append(path)
        return
    for name in sorted(set(a) | set(b)):
        here = f"{path}/{name}"
        if name not in a or name not in b: different.append(f"{here}: only in one")
        elif describe(a, name) != describe(b, name): different.append(f"{here}: {describe(a, name)} / {describe(b, name)}")
        elif describe(a, name)[0] == "object": compare(here, a[name], b[name])

with h5py.File(sys.argv[1], "r") as a, h5py.File(sys.argv[2], "r") as b: compare("", a, b)
for line in different: print(line)
sys.exit(1 if different else 0)
