#!/usr/bin/python3
"""Makes a good file of a scan and one for each way in which it can be wrong, and prints (JSON) what silx says of the
plot in each: {"name": ["issue", ...]}. The issues are null where silx itself ends with an error.

usage: make_files.py FOLDER
"""
import json
import os
import sys
import h5py
import numpy
from silx.io import nxdata

FILES = {}
LINK = h5py.SoftLink


def file(edit):
    FILES[edit.__name__] = edit


def group(parent, name, nx_class):
    made = parent.create_group(name)
    made.attrs["NX_class"] = nx_class
    return made


def replace(parent, name, value):
    del parent[name]
    parent[name] = value


def make_good(h5, name="1.1", points=5):
    h5.attrs.update({"NX_class": "NXroot", "default": name, "creator": "Bliss"})
    entry = group(h5, name, "NXentry")
    entry.attrs["default"] = "plot"
    entry["title"] = "ascan samy 0 1 4 0.1"
    entry["start_time"] = "2026-11-22T16:53:57.684340+01:00"
    entry["end_time"] = "2026-11-22T16:54:57Z"
    instrument = group(entry, "instrument", "NXinstrument")
    group(instrument, "diode", "NXdetector")["data"] = numpy.arange(points) * 1.0
    value = group(instrument, "samy", "NXpositioner").create_dataset("value", data=numpy.arange(points) * 0.1)
    value.attrs["units"] = "mm"
    mca = group(instrument, "det0", "NXdetector")
    mca["data"] = numpy.ones((points, 16), "u4")
    mca["data"].attrs["interpretation"] = "spectrum"
    mca["live_time"] = numpy.ones(points)
    positioners = group(instrument, "positioners", "NXcollection")
    positioners["samx"] = 1.5
    positioners["samy"] = LINK(f"/{name}/instrument/samy/value")
    measurement = group(entry, "measurement", "NXcollection")
    for column, target in ("samy", "samy/value"), ("diode", "diode/data"), ("det0", "det0/data"):
        measurement[column] = LINK(f"/{name}/instrument/{target}")
    plot = group(entry, "plot", "NXdata")
    plot.attrs.update({"signal": "diode", "axes": ["samy"]})
    plot["diode"] = LINK(f"/{name}/instrument/diode/data")
    plot["samy"] = LINK(f"/{name}/instrument/samy/value")
    writer = group(entry, "writer", "NXcollection")
    writer["status"] = "SUCCEEDED"
    channels = group(writer, "channels", "NXcollection")
    channels["name"] = ["a", "b"]
    channels["received"] = [5, 5]


@file
def good(f): pass
@file
def relative_link(f): f["1.1/title2"] = LINK("./title")


# class, attributes
@file
def root_class(f): del f.attrs["NX_class"]
@file
def entry_class(f): del f["1.1"].attrs["NX_class"]
@file
def instrument_class(f): del f["1.1/instrument"].attrs["NX_class"]
@file
def group_class(f): f["1.1"].create_group("plain")
@file
def two_instruments(f): group(f["1.1"], "aaa", "NXinstrument")
@file
def entry_class_list(f): f["1.1"].attrs["NX_class"] = ["NXentry"]
@file
def default_list(f): f["1.1"].attrs["default"] = ["plot"]
@file
def units_number(f): f["1.1/instrument/samy/value"].attrs["units"] = 5
@file
def interpretation_list(f): f["1.1/instrument/det0/data"].attrs["interpretation"] = ["spectrum"]
@file
def nine_attributes(f): f["1.1"].attrs.update({f"a{i}": i for i in range(7)})
@file
def eight_attributes(f): f["1.1"].attrs.update({f"a{i}": i for i in range(6)})


# default
@file
def default_missing(f): f["1.1"].attrs["default"] = "nope"
@file
def root_default_missing(f): f.attrs["default"] = "2.1"
@file
def default_absolute(f): f["1.1"].attrs["default"] = "/1.1/plot"
@file
def default_circle(f): f["1.1"].attrs["default"] = "/"
@file
def default_dataset(f): f["1.1"].attrs["default"] = "title"
@file
def default_collection(f): f["1.1"].attrs["default"] = "measurement"
@file
def default_none(f): del f["1.1"].attrs["default"]


# links
@file
def scan_dangling(f): f["2.1"] = LINK("/nope")
@file
def scan_circle(f): f["2.1"] = LINK("/2.1")
@file
def scan_file_missing(f): f["2.1"] = h5py.ExternalLink("nofile.h5", "/2.1")
@file
def scan_target_missing(f): f["2.1"] = h5py.ExternalLink("good.h5", "/2.1")
@file
def scan_file_no_hdf5(f): f["2.1"] = h5py.ExternalLink("make_files.txt", "/2.1")
@file
def scan_file_pipe(f): f["2.1"] = h5py.ExternalLink("pipe", "/2.1")
@file
def scan_in_other_file(f): f["2.1"] = h5py.ExternalLink("second.h5", "/2.1")
@file
def scan_absolute(f): f["2.1"] = h5py.ExternalLink(os.path.abspath("second.h5"), "/2.1")
@file
def scan_moved_absolute(f): f["2.1"] = h5py.ExternalLink("/no/such/folder/second.h5", "/2.1")
@file
def files_in_circle(f): f["2.1"] = h5py.ExternalLink("files_in_circle.h5", "/2.1")
@file
def column_dangling(f): f["1.1/measurement/bad"] = LINK("/nope")
@file
def column_circle(f): f["1.1/measurement/bad"] = LINK("/1.1/measurement/bad")
@file
def motor_dangling(f): f["1.1/instrument/positioners/bad"] = LINK("/nope")
@file
def detector_dangling(f): f["1.1/instrument/bad"] = LINK("/nope")
@file
def detector_file_missing(f): f["1.1/instrument/bad"] = h5py.ExternalLink("nofile.h5", "/x")
@file
def link_to_link(f):
    for i in range(16): f[f"1.1/l{i}"] = LINK(f"/1.1/l{i + 1}")
    f["1.1/l16"] = numpy.arange(3)
@file
def too_many_links(f):
    for i in range(17): f[f"1.1/l{i}"] = LINK(f"/1.1/l{i + 1}")
    f["1.1/l17"] = numpy.arange(3)
@file
def same_names(f):
    f["2.1"] = h5py.ExternalLink("good.h5", "/1.1")
    f["3.1"] = h5py.ExternalLink("relative_link.h5", "/1.1")


# virtual datasets
def virtual(f, *sources):
    layout = h5py.VirtualLayout((len(sources), 4), "u2")
    for row, (name, path) in enumerate(sources): layout[row] = h5py.VirtualSource(name, path, (4,))
    group(f["1.1/instrument"], "cam", "NXdetector").create_virtual_dataset("data", layout)
@file
def virtual_good(f):
    f["1.1/source"] = numpy.arange(4, dtype="u2")
    virtual(f, ("images.h5", "/data"), (".", "/1.1/source"), ("50%%.h5", "/data"))
@file
def virtual_file_missing(f): virtual(f, ("images.h5", "/data"), ("nofile.h5", "/data"))
@file
def virtual_dataset_missing(f): virtual(f, ("images.h5", "/nope"))
@file
def virtual_absolute(f): virtual(f, (os.path.abspath("images.h5"), "/data"))


# plots
def plot(f): return f["1.1/plot"]
@file
def signal_none(f): del plot(f).attrs["signal"]
@file
def signal_legacy(f):
    del plot(f).attrs["signal"]
    f["1.1/instrument/diode/data"].attrs["signal"] = 1
@file
def signal_list(f): plot(f).attrs["signal"] = ["diode"]
@file
def signal_missing(f): plot(f).attrs["signal"] = "nope"
@file
def signal_group(f): replace(plot(f), "diode", LINK("/1.1/instrument/diode"))
@file
def signal_text(f): replace(plot(f), "diode", list("abcde"))
@file
def signal_single(f):
    replace(plot(f), "diode", 1.0)
    del plot(f).attrs["axes"]
@file
def signal_scalar_interpretation(f): f["1.1/instrument/diode/data"].attrs["interpretation"] = "scalar"
@file
def no_axes(f): del plot(f).attrs["axes"]
@file
def one_axis_text(f): plot(f).attrs["axes"] = "samy"
@file
def axes_number(f): plot(f).attrs["axes"] = 1
@file
def axis_missing(f): plot(f).attrs["axes"] = ["nope"]
@file
def axis_dot(f): plot(f).attrs["axes"] = ["."]
@file
def axis_text(f): replace(plot(f), "samy", list("abcde"))
@file
def axis_2d(f): replace(plot(f), "samy", numpy.zeros((5, 1)))
@file
def axis_short(f): replace(plot(f), "samy", numpy.arange(4.0))
@file
def axis_edges(f): replace(plot(f), "samy", numpy.arange(6.0))
@file
def axis_calibration(f): replace(plot(f), "samy", numpy.arange(2.0))
@file
def scatter(f): plot(f).attrs["axes"] = ["samy", "diode"]
@file
def three_axes(f):
    plot(f).attrs["axes"] = ["samy", "diode", "third"]
    plot(f)["third"] = numpy.arange(5.0)
def image(f, axes, **attributes):
    replace(plot(f), "diode", numpy.zeros((5, 7)))
    plot(f).attrs["axes"] = axes
    plot(f).attrs.update(attributes)
@file
def image_good(f): image(f, ["samy", "."])
@file
def image_one_axis(f): image(f, ["samy"])
@file
def image_one_axis_spectrum(f): image(f, ["samy"], interpretation="spectrum")
@file
def image_three_axes(f): image(f, ["samy", ".", "."])
@file
def image_swapped(f): image(f, [".", "samy"])
@file
def auxiliary_good(f): plot(f).attrs["auxiliary_signals"] = ["samy"]
@file
def auxiliary_missing(f): plot(f).attrs["auxiliary_signals"] = ["nope"]
@file
def auxiliary_shape(f):
    plot(f).attrs["auxiliary_signals"] = ["b"]
    plot(f)["b"] = numpy.zeros(4)
@file
def errors_shape(f): plot(f)["errors"] = numpy.zeros(4)


# entries
@file
def foreign_name(f): group(f, "results", "NXcollection")
@file
def title_missing(f): del f["1.1/title"]
@file
def title_number(f): replace(f["1.1"], "title", 5)
@file
def title_list(f): replace(f["1.1"], "title", ["a", "b"])
@file
def start_missing(f): del f["1.1/start_time"]
@file
def start_no_iso(f): replace(f["1.1"], "start_time", "22.11.2026 16:53")
@file
def start_no_day(f): replace(f["1.1"], "start_time", "2026-13-42T16:53:00")
@file
def end_missing(f): del f["1.1/end_time"], f["1.1/writer"]
@file
def end_number(f): replace(f["1.1"], "end_time", 5)


# positioners, measurement
@file
def no_positioners(f): del f["1.1/instrument/positioners"]
@file
def motor_text(f): f["1.1/instrument/positioners/bad"] = "ERR"
@file
def motor_group(f): group(f["1.1/instrument/positioners"], "bad", "NXcollection")
@file
def motor_empty(f): f["1.1/instrument/positioners/bad"] = h5py.Empty("f8")
@file
def motor_nan(f): f["1.1/instrument/positioners/bad"] = numpy.nan
@file
def scanned_not_listed(f): del f["1.1/instrument/positioners/samy"]
@file
def scanned_not_measured(f): del f["1.1/measurement/samy"]
@file
def no_measurement(f): del f["1.1/measurement"]
@file
def column_text(f): f["1.1/measurement/bad"] = list("abcde")
@file
def column_group(f): group(f["1.1/measurement"], "bad", "NXcollection")
@file
def column_record(f): f["1.1/measurement/bad"] = numpy.zeros(5, [("a", "i4"), ("b", "f4")])
@file
def column_empty(f): f["1.1/measurement/bad"] = h5py.Empty("f8")
@file
def column_single(f): f["1.1/measurement/bad"] = 1.0
@file
def column_short(f): f["1.1/measurement/bad"] = numpy.zeros(3)
@file
def column_types(f):
    for dtype in "f2", "u8", "c8", "c16", "?", ">f8", "i1", numpy.longdouble:
        f["1.1/measurement"].create_dataset(f"t_{numpy.dtype(dtype).name}", data=numpy.zeros(5, dtype))


# spectra
@file
def mca_name(f): group(f["1.1/instrument"], "mca0", "NXdetector")["roi"] = numpy.zeros(5)
@file
def spectrum_copy(f):
    plot(f)["spectra"] = numpy.zeros((5, 16))
    plot(f)["spectra"].attrs["interpretation"] = "spectrum"
@file
def live_time_short(f): replace(f["1.1/instrument/det0"], "live_time", numpy.ones(3))
@file
def calibration_text(f): f["1.1/instrument/det0/calibration"] = "0 1 0"


# writer
@file
def status_running(f): replace(f["1.1/writer"], "status", "RUNNING")
@file
def status_failed(f):
    replace(f["1.1/writer"], "status", "FAILED")
    f["1.1/writer/message"] = "no space \x1b[2J left"
@file
def table_uneven(f): replace(f["1.1/writer/channels"], "received", [5, 5, 5])


# ways round and names
@file
def hard_loop(f): f["1.1/instrument/loop"] = f["1.1"]
@file
def odd_names(f):
    group(f, "3.1\x1b[2J\u202e\x9b", "NXcollection")["a\nb"] = h5py.SoftLink("/no\x07pe")
    entry = f["1.1"]
    entry.id.links.create_soft(b"latin\xe9", b"/1.1/title")


def silx_issues(name):
    with h5py.File(f"{name}.h5", "r") as f:
        try: return nxdata.NXdata(f["1.1/plot"]).issues
        except Exception: return None


def main(folder):
    os.chdir(folder)
    with open("make_files.txt", "w") as f: f.write("no HDF5")
    os.mkfifo("pipe")
    for name in "images.h5", "50%.h5":
        with h5py.File(name, "w") as f: f["data"] = numpy.arange(4, dtype="u2")
    with h5py.File("second.h5", "w") as f: make_good(f, "2.1")
    for name, edit in FILES.items():
        with h5py.File(f"{name}.h5", "w") as f:
            make_good(f)
            edit(f)
    with h5py.File("deep.h5", "w") as f: f.create_group("/d" * 150)
    with h5py.File("wide.h5", "w") as f:
        for i in range(20_100): f[f"l{i}"] = LINK("/x")
    print(json.dumps({name: silx_issues(name) for name in FILES}))


if __name__ == "__main__":
    main(sys.argv[1])
