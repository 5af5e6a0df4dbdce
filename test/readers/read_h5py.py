#!/usr/bin/python3
"""What h5py sees of scans: follows the links of the file as any program does.

usage: read_h5py.py REQUESTS      (JSON, see seen.py)

Tells also `link`, the external link that leads to the scan, and `sources`, the files that images come from.
"""
import h5py
from seen import main, see_tree

def see(request):
    with h5py.File(request["file"], "r") as h5:
        link = h5.get(request["entry"], getlink=True)
        sources = ()
        if request["kind"] == "images":
            sources = h5[f"{request['entry']}/measurement/{request['y']}"].virtual_sources()
        return {
            "seen": see_tree(h5, lambda path: h5[path][()], request),
            "link": [link.filename, link.path] if isinstance(link, h5py.ExternalLink) else None,
            "sources": sorted({source.file_name for source in sources}),
        }

if __name__ == "__main__": main(see)
