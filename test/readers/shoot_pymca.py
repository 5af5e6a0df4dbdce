#!/usr/bin/python3
"""Pictures of PyMca's main window: opens files, clicks scans and ticks what to plot, as a person does. Needs a display.

usage: xvfb-run -a -s "-screen 0 1280x800x24" shoot_pymca.py REQUESTS      (JSON, see picture.py)

Tells also `scans`, the tree of scans, and `legend`, the name of the plot's tab or of its curve.
"""
from PyMca5.PyMcaGui import PyMcaQt as qt
app = qt.QApplication(["pymca"])
from PyMca5.PyMcaGui.pymca import PyMcaMain
from nexus_widget import click_entry, select_columns, select_spectra, tree
from picture import prepare, take, wait_for
from seen import main

def no_dialog(box): raise RuntimeError(f"PyMca says: {box.text()} {box.informativeText()}")
qt.QMessageBox.exec = qt.QMessageBox.exec_ = no_dialog

# Whether OpenGL works is tried for 2 s, and given up on a busy machine: matplotlib draws the same scatters.
PyMcaMain.OPENGL_DRIVERS_OK = False
window = PyMcaMain.PyMcaMain()
prepare(window)

def see(request):
    window.sourceWidget.sourceSelector.openSource(request["file"])
    widget = window.sourceWidget.selectorWidget["HDF5"]
    wait_for(lambda: request["entry"] in [name for name, _ in tree(widget)], "scan in the tree")
    click_entry(widget, request["entry"])
    if request["kind"] == "spectra": select_spectra(widget, "/" + request["y"])
    else: select_columns(widget, request["x"], request["y"])
    widget.actions.addButton.click()
    plots = window.mainTabWidget
    answer = take(plots, request["kind"], request["picture"])
    return {**answer, "scans": tree(widget), "legend": plots.tabText(plots.currentIndex())}

if __name__ == "__main__": main(see)
