#!/usr/bin/python3
"""Pictures of `silx view`: opens files and clicks a node of their trees, which shows its default plot. Needs a display.

usage: xvfb-run -a -s "-screen 0 1280x800x24" shoot_silx.py REQUESTS      (JSON, see picture.py)

What is clicked is the scan, or with a path as `entry` what is below it; where there is a `y`, what that names in `measurement`.
"""
import os
from silx.gui import qt
app = qt.QApplication([])
from silx.app.view.Viewer import Viewer
from silx.gui.hdf5 import Hdf5TreeView
from picture import prepare, take, wait_for
from seen import main

settings = qt.QSettings(os.devnull, qt.QSettings.IniFormat)  # not those of who runs this
window = Viewer(None, settings)
prepare(window)
view = window.findChild(Hdf5TreeView)

def see(request):
    files = view.findHdf5TreeModel()
    files.clear()
    window.appendFile(request["file"])
    index = wait_for(lambda: child(qt.QModelIndex(), os.path.basename(request["file"])), "file in the tree")
    for name in [*request["entry"].split("/"), *(("measurement", request["y"]) if "y" in request else ())]:
        view.expand(index)
        index = wait_for(lambda: child(index, name), name)
    view.expand(index)
    view.setCurrentIndex(index)
    view.activated.emit(index)
    return take(window, request["kind"], request["picture"])

def child(parent, name):
    """The row of a name; None as long as the file is being loaded."""
    model = view.model()
    rows = (model.index(row, 0, parent) for row in range(model.rowCount(parent)))
    return next((index for index in rows if index.data() == name), None)

if __name__ == "__main__": main(see)
