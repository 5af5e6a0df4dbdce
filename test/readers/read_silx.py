#!/usr/bin/python3
"""What silx sees of scans: the tree and the plots of `silx view`, and each dataset by its url.

usage: read_silx.py REQUESTS      (JSON, see seen.py)

Tells also `plots`, the names of all NXdata, `issues`, what is wrong with one of them, and `default`, what is shown when the scan
or the file is clicked.
"""
import silx.io
from silx.io import nxdata
from seen import main, see_tree, text

def see(request):
    name = request["file"]
    with silx.io.open(name) as h5:
        seen = see_tree(h5, lambda path: silx.io.get_data(f"silx:{name}?path=/{path}"), request)
        entry = h5[request["entry"]]
        groups = [node for node in entry.values() if text(node.attrs.get("NX_class", "")) == "NXdata"]
        issues = [f"{group.name}: {issue}" for group in groups for issue in nxdata.NXdata(group, validate=False).issues]
        default = {"scan": plot(entry), "file": plot(h5)}
        names = [group.name.split("/")[-1] for group in groups]
        return {"seen": seen, "plots": names, "issues": issues, "default": default}

def plot(node):
    data = nxdata.get_default(node, validate=True)
    if data is None: return None
    return {"signal": data.signal_name, "shape": list(data.signal.shape), "axes": list(data.axes_dataset_names)}

if __name__ == "__main__": main(see)
