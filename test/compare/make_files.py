"""Pairs of odd files. usage: make_files.py FOLDER"""
import os, sys
import h5py, numpy

FOLDER = sys.argv[1]


def entry(name, number="1.1"):
    f = h5py.File(os.path.join(FOLDER, name + ".h5"), "w")
    f.attrs["NX_class"] = "NXroot"
    g = f.create_group(number)
    g.attrs["NX_class"] = "NXentry"
    g["title"] = "loopscan 3 0.1"
    g["start_time"] = "2026-01-01T00:00:00+00:00"
    return f, g


for side in "ab":
    # Hard links, soft links and files that lead to themselves.
    f, g = entry("loops_" + side)
    g["self"] = g
    g.create_group("inner")["outer"] = g
    g["soft"] = h5py.SoftLink("soft")
    g["file"] = h5py.ExternalLink(f"loops_{side}.h5", "/1.1/file")
    f.close()
    # Two groups with many names for each other: pairs of paths have no end.
    f, g = entry("maze_" + side)
    groups = [g.create_group(f"g{i}") for i in range(4 if side == "a" else 5)]
    for one in groups:
        for i, other in enumerate(groups): one[f"to{i}"] = other
    f.close()
    # Ten terabytes that nobody has written.
    f, g = entry("claim_" + side)
    g.create_dataset("measurement/huge", shape=(10**12,), dtype="f8", chunks=(1024,))
    f.close()
    # Types without equivalent here.
    f, g = entry("types_" + side)
    record = numpy.dtype([("x", "i4"), ("y", "f8")])
    g["measurement/records"] = numpy.array([(1, 2.0), (3, 4.0 if side == "a" else 5.0)], record)
    g["measurement/kinds"] = numpy.arange(3, dtype="u1")
    kind = h5py.enum_dtype({"open": 0, "shut": 1}, "i4")
    g.create_dataset("measurement/shutter", data=[0, 1, 1 if side == "a" else 0], dtype=kind)
    g["nothing"] = h5py.Empty("f8")
    f.close()
    f, g = entry("lists_" + side)
    lists = g.create_dataset("measurement/lists", (2,), h5py.vlen_dtype("i4"))
    lists[0], lists[1] = [1, 2], [3]
    f.close()
    # Texts of any length, more than are read at a time.
    f, g = entry("texts_" + side)
    texts = [f"text {i} " + "x" * (i % 50) for i in range(10000)]
    if side == "b": texts[9000] = "other"
    g["measurement/texts"] = numpy.array(texts, dtype=h5py.string_dtype())
    f.close()
    # One value that is larger than what is read at a time, and rows that are.
    f, g = entry("wide_" + side)
    wide = numpy.zeros((2, 3000, 1000), "f4")
    if side == "b": wide[1, 2999, 999] = 1
    g["measurement/wide"] = wide
    f.close()
    # Chunks that lie across the rows: of the values that differ the last chunk but one has the first.
    f, g = entry("across_" + side)
    across = numpy.zeros((2000, 3000), "f8")
    if side == "b":
        across[5, 2500] = 1
        across[1500, 0] = 2
    g.create_dataset("measurement/across", data=across, chunks=(2000, 250), compression="gzip")
    g["measurement/epoch"] = numpy.arange(2000.0)
    f.close()
    # More differences than anybody reads.
    f, g = entry("many_" + side)
    for i in range(3000): g[f"measurement/{side}{i:04}"] = [1.0]
    g["steering"] = "\x1b[2J" + side
    f.close()
    # A source file that neither has.
    f, g = entry("sources_" + side)
    layout = h5py.VirtualLayout((2, 3), "i4")
    layout[0] = h5py.VirtualSource("nofile.h5", "data", (3,))
    g.create_virtual_dataset("cam", layout)
    g["link"] = h5py.ExternalLink("nofile.h5", "/data")
    f.close()

with h5py.File(os.path.join(FOLDER, "plain.h5"), "w") as f: f["values"] = [1, 2, 3]
with h5py.File(os.path.join(FOLDER, "plain_2.h5"), "w") as f: f["values"] = [1, 2, 4]
open(os.path.join(FOLDER, "text.h5"), "w").write("no HDF5")
whole = open(os.path.join(FOLDER, "wide_a.h5"), "rb").read()
open(os.path.join(FOLDER, "cut.h5"), "wb").write(whole[:len(whole) // 2])
os.mkdir(os.path.join(FOLDER, "empty"))
for side in "ab":
    tree = os.path.join(FOLDER, "tree_" + side)
    os.mkdir(tree)
    os.symlink(tree, os.path.join(tree, "round"))
    os.symlink("itself.h5", os.path.join(tree, "itself.h5"))
    os.symlink("nowhere.h5", os.path.join(tree, "dangling.h5"))
    os.symlink("../plain.h5", os.path.join(tree, "plain.h5"))
    open(os.path.join(tree, "damaged.h5"), "wb").write(whole[:len(whole) // 2])
