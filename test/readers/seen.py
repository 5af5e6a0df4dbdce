"""What a reader sees of a scan, as JSON. Used by read_h5py.py, read_silx.py and read_pymca.py, which print the same for the same scan.

A request is {"file", "entry", "kind"} with kind "curve" or "mesh" (and "x": [names], "y": name), "spectra", or "images" (and
"y": name). The answers have:
  entries    [name, title] of all scans of the file, by their start time
  title, motors (name: position, at the first point), counters (names in `measurement`)
  x, y       fingerprints of the columns (curve, mesh), or of all images (images)
  spectra    by path: fingerprints of all and of their sum; live_time, its sum, elapsed_time, calibration
"""
import hashlib, json, os, sys, traceback
import numpy

NO_CALIBRATION = [0.0, 1.0, 0.0]

def main(see):
    """Answers the requests on the command line, each by itself."""
    if len(sys.argv) != 2:
        print(sys.modules["__main__"].__doc__, file=sys.stderr)
        sys.exit(2)
    print(json.dumps([attempt(see, request) for request in json.loads(sys.argv[1])]), flush=True)
    os._exit(0)  # the windows of Qt are left as they are: taking them down aborts now and then

def attempt(see, request):
    try:
        return see(request)
    except Exception:
        return {"error": traceback.format_exc()}

def fingerprint(array):
    """Equal for equal numbers, whatever their type; a few are told as they are."""
    array = numpy.ascontiguousarray(array, dtype="<f8")
    told = array.ravel()[:12].tolist()
    return {"shape": list(array.shape), "first": told, "sha256": hashlib.sha256(array.tobytes()).hexdigest()}

def numbers(array):
    return None if array is None else numpy.asarray(array, dtype="f8").tolist()

def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)

def is_numeric(node):
    return hasattr(node, "dtype") and node.dtype.kind in "iufb"

def see_tree(h5, values, request):
    """For readers that show a file as groups and datasets. `values(path)` reads a dataset."""
    name = request["entry"]
    entry = h5[name]
    entries = sorted((text(h5[key]["start_time"][()]), key) for key in h5)
    positioners = entry["instrument/positioners"]
    seen = {
        "entries": [[key, text(values(f"{key}/title"))] for _, key in entries],
        "title": text(values(f"{name}/title")),
        "motors": {key: float(numpy.ravel(positioners[key][()])[0]) for key in positioners if is_numeric(positioners[key])},
        "counters": sorted(key for key in entry["measurement"] if is_numeric(entry["measurement"][key])),
    }
    column = lambda key: fingerprint(values(f"{name}/measurement/{key}"))
    if request["kind"] == "spectra":
        return {**seen, "spectra": {path: see_spectra(entry, name, path, values) for path in spectra_of(entry)}}
    if request["kind"] == "images":
        return {**seen, "y": column(request["y"])}
    return {**seen, "x": [column(key) for key in request["x"]], "y": column(request["y"])}

def spectra_of(entry):
    for group in entry["instrument"].values():
        for node in group.values() if hasattr(group, "values") else ():
            if text(node.attrs.get("interpretation", "")) == "spectrum" and node.shape[-1] > 1:
                yield "/".join(node.name.split("/")[-3:])

def see_spectra(entry, name, path, values):
    detector = entry[path.rpartition("/")[0]]
    beside = lambda key: values(f"{name}/{path.rpartition('/')[0]}/{key}") if key in detector else None
    spectra, live_time = values(f"{name}/{path}"), beside("live_time")
    return {
        "all": fingerprint(spectra),
        "sum": fingerprint(spectra.sum(axis=0)),
        "live_time": numbers(live_time),
        "total_live_time": None if live_time is None else float(live_time.sum()),
        "elapsed_time": numbers(beside("elapsed_time")),
        "calibration": numbers(beside("calibration")) or NO_CALIBRATION,
    }
