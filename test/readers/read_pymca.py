#!/usr/bin/python3
"""What PyMca sees of scans: its own tree and tables are operated, and its own data source reads what was ticked in them. Spectra
and images are also loaded as ROI imaging does.

usage: read_pymca.py REQUESTS      (JSON, see seen.py)
"""
import os
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from PyMca5.PyMcaCore.NexusDataSource import NexusDataSource
from PyMca5.PyMcaGui import PyMcaQt as qt
from PyMca5.PyMcaGui.io.hdf5.QNexusWidget import QNexusWidget
from PyMca5.PyMcaIO.HDF5Stack1D import HDF5Stack1D
from nexus_widget import click_entry, listed, select_columns, select_spectra, tree
from seen import fingerprint, main, numbers

app = qt.QApplication([])

def see(request):
    source = NexusDataSource(request["file"])
    widget = QNexusWidget(mca=True)  # a new one each time, for it remembers what was ticked in the scan before
    try:
        widget.setDataSource(source)
        click_entry(widget, request["entry"])
        return {"seen": see_source(widget, source, request)}
    finally:
        widget.setDataSource(None)
        for opened in source._sourceObjectList: opened.close()

def see_source(widget, source, request):
    seen = {"entries": tree(widget), "counters": sorted(listed(widget.autoTable))}
    load = lambda path, index: HDF5Stack1D([request["file"]], {"y": path, "index": index}, scanlist=["/" + request["entry"]])
    if request["kind"] == "spectra":
        seen["spectra"] = {}
        for path in widget.mcaTable.mcaList:
            select_spectra(widget, path)
            info, seen["spectra"][path[1:]] = see_spectra(ticked(widget, source, "MCA"), load(path, -1))
    elif request["kind"] == "images":
        select_columns(widget, [], request["y"])
        data = ticked(widget, source, "SCAN")
        info, seen["y"] = data.info, fingerprint(data.data)
        stack = fingerprint(load(f"/measurement/{request['y']}", 0).data)
        assert stack == seen["y"], f"ROI imaging has other images: {stack}"
    else:
        select_columns(widget, request["x"], request["y"])
        data = ticked(widget, source, "SCAN")
        info, seen["x"] = data.info, [fingerprint(x) for x in data.x]
        seen["y"] = fingerprint(data.data if len(request["x"]) > 1 else data.y[0])
    motors = zip(info["MotorNames"], info["MotorValues"])
    return {**seen, "title": info["title"], "motors": {name: float(value) for name, value in motors}}

def ticked(widget, source, kind):
    """What the button ADD hands to the plots."""
    (selected,) = widget.buttonsSlot({"action": f"ADD {kind}"}, emit=False)
    return source.getDataObject(selected["Key"], selected["selection"])

def see_spectra(summed, stack):
    points, channels = stack.data.shape[-2:]
    return summed.info, {
        "all": fingerprint(stack.data.reshape(points, channels)),
        "sum": fingerprint(summed.y[0]),
        "live_time": numbers(stack.info.get("McaLiveTime")),
        "total_live_time": summed.info.get("McaLiveTime"),
        "elapsed_time": numbers(summed.info.get("McaRealTime")),
        "calibration": numbers(summed.info["McaCalib"]),
    }

if __name__ == "__main__": main(see)
