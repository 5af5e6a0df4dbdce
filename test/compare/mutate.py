"""Changes one thing below a folder. usage: mutate.py FOLDER MUTATION [FILE]"""
import glob, os, stat, sys
import h5py, numpy

FOLDER, MUTATION = sys.argv[1:3]


def find(name):
    """Of the files that match, the first with the scan's own values."""
    files = sorted(glob.glob(os.path.join(FOLDER, "**", name), recursive=True))
    for file in files:
        with h5py.File(file, "r", locking=False) as f:
            if any(isinstance(f.get(k, getlink=True), h5py.HardLink) for k in f): return file
    return files[0]


def change(name="data*.h5"):
    file = find(name)
    os.chmod(file, stat.S_IRUSR | stat.S_IWUSR)
    return h5py.File(file, "r+", locking=False)


def one_value():
    with change() as f: f["1.1/instrument/diode3/data"][3] += 0.25

def three_values():
    with change() as f: f["1.1/instrument/diode3/data"][[2, 5, 7]] += numpy.array([0.25, -0.5, 0.125])

def nan():
    with change() as f: f["1.1/instrument/diode3/data"][4] = numpy.nan

def missing_counter():
    with change() as f:
        del f["1.1/measurement/diode3"], f["1.1/instrument/diode3"]

def missing_column():
    with change() as f: del f["1.1/measurement/diode3"]

def dangling_column():
    with change() as f: del f["1.1/instrument/diode3/data"]

def other_column():
    with change() as f:
        del f["1.1/measurement/diode3"]
        f["1.1/measurement/diode3"] = h5py.SoftLink("/1.1/instrument/diode2alias/data")

def copied_column():
    with change() as f:
        values = f["1.1/measurement/diode3"][()]
        del f["1.1/measurement/diode3"]
        f["1.1/measurement/diode3"] = values

def hard_column():
    with change() as f:
        dataset = f["1.1/measurement/diode3"]
        del f["1.1/measurement/diode3"]
        f["1.1/measurement/diode3"] = dataset

def extra_counter():
    with change() as f: f["1.1/measurement/more"] = numpy.arange(11.0)

def unit():
    with change() as f: f["1.1/instrument/positioners_start/robz"].attrs["units"] = "\u00b5m"

def no_unit():
    with change() as f: del f["1.1/instrument/positioners_start/robz"].attrs["units"]

def motor():
    with change() as f: f["1.1/instrument/positioners_end/robz"][()] = 1.5

def scanned_motor():
    with change() as f: f["1.1/instrument/robx/value"][10] = 7

def missing_motor():
    with change() as f: del f["1.1/instrument/positioners/robz"]

def title():
    with change() as f: f["1.1/title"][()] = "ascan robx 0 2 10 0.05"

def metadata():
    with change() as f: f["1.1/instrument/machine/current"][()] = 1.0

def missing_metadata():
    with change() as f: del f["1.1/instrument/machine"]

def group_class():
    with change() as f: f["1.1/instrument/diode3"].attrs["NX_class"] = "NXcollection"

def shorter():
    with change() as f: f["1.1/instrument/diode3/data"].resize((9,))

def other_type():
    with change() as f:
        values = f["1.1/instrument/diode3/data"]
        rounded = numpy.round(values[()])
        attributes = dict(values.attrs)
        del f["1.1/instrument/diode3/data"]
        f["1.1/instrument/diode3/data"] = rounded.astype("f4")
        f["1.1/instrument/diode3/data"].attrs.update(attributes)

def rounded():
    with change() as f:
        values = f["1.1/instrument/diode3/data"]
        values[...] = numpy.round(values[()])

def stored_otherwise():
    """Chunks, compression, byte order, the order of members and texts of a fixed length: nothing that a user sees."""
    with change() as f:
        for name in ("1.1/instrument/diode3/data", "1.1/instrument/robxenc/data"):
            dataset = f[name]
            values, attributes = dataset[()], dict(dataset.attrs)
            del f[name]
            copy = f.create_dataset(name, data=values.astype(">f8"), chunks=(3,), compression="gzip", shuffle=True)
            copy.attrs.update(attributes)
        title = f["1.1/title"][()]
        del f["1.1/title"]
        f["1.1/title"] = numpy.bytes_(title)

def plot_signal():
    with change() as f: f["1.1/plotselect"].attrs["signal"] = "robxenc"

def plot_axes():
    with change() as f: f["1.1/plotselect"].attrs["axes"] = ["diode3"]

def missing_plot():
    with change() as f: del f["1.1/plotselect"]

def default_plot():
    with change() as f: f["1.1"].attrs["default"] = "measurement"

def spectrum():
    with change() as f: f["1.1/instrument/simu1_det0/data"][1, 100] += 1

def frame():
    with change("lima_simulator_0001.h5") as f:
        def visit(_, item):
            if isinstance(item, h5py.Dataset) and item.ndim == 3: item[0, 5, 7] += 1
        f.visititems(visit)

def lost_frames():
    os.remove(find("lima_simulator_0001.h5"))

def scan():
    os.remove(find("data_scan0002.h5"))

def master():
    os.remove(os.path.join(os.path.dirname(find("data_scan0001.h5")), "data.h5"))

def master_link():
    file = os.path.join(os.path.dirname(find("data_scan0001.h5")), "data.h5")
    os.chmod(file, stat.S_IRUSR | stat.S_IWUSR)
    with h5py.File(file, "r+", locking=False) as f: del f["2.1"]

def end_time():
    with change() as f: f["1.1/end_time"][()] = "2026-01-01T00:00:00+00:00"

def status():
    with change() as f: f["1.1/writer/status"][()] = "INCOMPLETE"


globals()[MUTATION]()
