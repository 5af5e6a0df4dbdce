"""Operates PyMca's widget of HDF5 files (QNexusWidget, the left half of its main window) as a person does.

Used by read_pymca.py, where it has no window, and by shoot_pymca.py.
"""
from PyMca5.PyMcaGui import PyMcaQt as qt

def tree(widget):
    """Name and description of each scan of the first file, as the tree shows them."""
    model = widget.hdf5Widget.model()
    file = model.index(0, 0, qt.QModelIndex())
    shown = lambda row, column: model.data(model.index(row, column, file), qt.Qt.DisplayRole)
    return [[shown(row, 0), shown(row, 1)] for row in range(model.rowCount(file))]

def click_entry(widget, name):
    """A click on a scan in the tree fills the tables of counters and spectra."""
    view = widget.hdf5Widget
    model = view.model()
    row = [shown for shown, _ in tree(widget)].index(name)
    index = model.index(row, 0, model.index(0, 0, qt.QModelIndex()))
    view.setCurrentIndex(index)
    view.selectionModel().select(index, qt.QItemSelectionModel.ClearAndSelect | qt.QItemSelectionModel.Rows)
    view._lastMouse = "left"
    view.itemClicked(index)

def show_tab(widget, label):
    tabs = widget.tableTab
    tabs.setCurrentIndex([tabs.tabText(tab) for tab in range(tabs.count())].index(label))

def listed(table):
    """The names in a table of counters or spectra."""
    return [table.item(row, 0).text() for row in range(table.rowCount())]

def select_columns(widget, axes, signal):
    """Ticks axes and a signal in the table AUTO; two axes need "2D On"."""
    show_tab(widget, "AUTO")
    if (len(axes) > 1) != widget.actions.meshBox.isChecked(): widget.actions.meshBox.click()
    table = widget.autoTable
    rows = listed(table)
    ticked = {"x": [rows.index(name) for name in axes], "y": [rows.index(signal)], "m": []}
    table.setCounterSelection({"cntlist": table.cntList, "aliaslist": table.aliasList, **ticked})

def select_spectra(widget, path, how="sum"):
    """Ticks spectra in the table MCA, and no others."""
    show_tab(widget, "MCA")
    table = widget.mcaTable
    for row, listed_path in enumerate(table.mcaList):
        cell = table.cellWidget(row, 1)
        if cell.isChecked() != (listed_path == path):
            cell._selectionType.setCurrentIndex(cell._optionsList.index(how))
            cell._selection.click()
