#!/usr/bin/python3
"""Opens a master as people do, waits for a scan that begins meanwhile, and refreshes as the readers' own buttons do.

usage: refresh_master.py MASTER OLD NEW DATASET READY

PyMca: the button "Refresh data source" of its main window. silx view: F5 on the file. silx.io and h5py: the open file stays
open, and the file is opened again. OLD and NEW are entries, DATASET is below them. READY is created once all have the file
open with OLD in it; NEW has to come after that. Prints JSON: what each shows before, after its refresh, and through what was
open all the time; exit status 1 when NEW did not come within 20 s, or a reader lost or changed something.
"""
import json, os, sys, time
import h5py, silx.io
from PyMca5.PyMcaGui import PyMcaQt as qt

master, old, new, dataset, ready = sys.argv[1:]
app = qt.QApplication([])
from PyMca5.PyMcaGui.pymca import QDispatcher
from silx.app.view.Viewer import Viewer

def pump(n=10):
    for _ in range(n):
        app.processEvents()
        time.sleep(0.01)

def names(model, parent):
    return [model.data(model.index(row, 0, parent), qt.Qt.DisplayRole) for row in range(model.rowCount(parent))]

def below_file(model):
    root = qt.QModelIndex()
    return [names(model, model.index(row, 0, root)) for row in range(model.rowCount(root))]

class PyMca:
    def __init__(self):
        self.window = QDispatcher.QDispatcher(None)
        self.window.sourceSelector.openSource(master)
        pump()
    def refresh(self):
        self.window.sourceSelector._reload()
        pump()
    def entries(self):
        return below_file(self.window.selectorWidget["HDF5"].hdf5Widget.model())[0]
    def values(self, entry):
        return self.window.sourceList[0]._sourceObjectList[0][f"{entry}/{dataset}"][()].tolist()

class SilxView:
    def __init__(self):
        self.window = Viewer()
        self.window.appendFile(master)
        self.tree = self.window._Viewer__treeview
        for _ in range(500):
            if self.entries(): break
            pump(1)
    def refresh(self):
        first = self.tree.model().index(0, 0, qt.QModelIndex())
        self.tree.setCurrentIndex(first)
        self.window._Viewer__refreshSelected()
        pump()
    def entries(self):
        shown = below_file(self.tree.model())
        return shown[0] if shown else []
    def values(self, entry):
        model = self.tree.findHdf5TreeModel()
        root = model.index(0, 0, qt.QModelIndex())
        return model.data(root, model.H5PY_OBJECT_ROLE)[f"{entry}/{dataset}"][()].tolist()

class OpenedAgain:
    def __init__(self, opener):
        self.opener = opener
        self.file = opener(master)
    def refresh(self):
        self.file.close()
        self.file = self.opener(master)
    def entries(self):
        return list(self.file)
    def values(self, entry):
        return self.file[f"{entry}/{dataset}"][()].tolist()

def open_h5py(name): return h5py.File(name, "r")

readers = {"PyMca": PyMca(), "silx view": SilxView(), "silx.io": OpenedAgain(silx.io.open), "h5py": OpenedAgain(open_h5py)}
kept = {"silx.io": OpenedAgain(silx.io.open), "h5py": OpenedAgain(open_h5py)}
everything = {**readers, **{f"{name}, left open": reader for name, reader in kept.items()}}
problems = []
report = {name: {"before": reader.entries(), "old": reader.values(old)} for name, reader in everything.items()}
open(ready, "w").close()

def came(reader):
    reader.refresh()
    if new not in reader.entries(): return False
    try: return reader.values(new) is not None
    except KeyError: return False  # its first point is still to come

deadline = time.time() + 20
for name, reader in readers.items():
    while not came(reader) and time.time() < deadline: pump(5)
for name, reader in everything.items():
    told = report[name]
    try:
        told["after"], told["old again"] = reader.entries(), reader.values(old)
        if name in readers: told["new"] = reader.values(new)
    except Exception as error:
        problems.append(f"{name}: {error!r}")
        continue
    if not set(told["before"]) <= set(told["after"]): problems.append(f"{name} lost entries")
    if told["old again"] != told["old"]: problems.append(f"{name} changed {old}")
    if name in readers and new not in told["after"]: problems.append(f"{name} does not show {new}")
print(json.dumps({"readers": report, "problems": problems}))
sys.stdout.flush()
os._exit(1 if problems else 0)
