#!/usr/bin/python3
"""Publishes scans made by formula into a Redis, as the BLISS publisher does, at a pace.

usage: made_scans.py REDIS_URL SPEC_JSON

SPEC_JSON is a file {"scans": [...]} with the arguments of Scan. All of them are published at the same time. Every value
can be told from scan, channel and index, is no NaN and not 0, and is the only one of its channel in float64 and uint32:
a point at a wrong place, or twice, or filled in, is seen. What Redis did not answer is sent again, as long as it takes.
"""
import datetime, json, pickle, sys, threading, time
import numpy

SESSION = "inhse_session"
ROOT = "/mnt/beamline00"
SCALARS = ("f8", "f8", "i4", "f4", "u2")

class Channel:
    def __init__(self, scan, number, name, dtype, length):
        self.scan, self.number, self.name, self.dtype, self.length = scan, number, name, numpy.dtype(dtype), length
        self.shape = (length,) if length else ()
        self.node = f"{scan.node}:timer:{name.split(':')[0]}:{name.split(':')[1]}" if not name.startswith("timer:") else f"{scan.node}:{name}"

    def values(self, first, count):
        """Array (count,) + shape."""
        index = numpy.arange(first, first + count, dtype="f8" if self.dtype.kind == "f" else "u8")
        if self.dtype.kind == "f": return (index + self.number * 10000 + self.scan.number * 1000000 + 0.25).astype(self.dtype)
        if not self.length: return (index * 7 + self.number * 101 + self.scan.number * 13).astype("u8").__mod__(numpy.iinfo(self.dtype).max).astype(self.dtype) + self.dtype.type(1)
        base = (index * 1000003 + self.number * 101 + self.scan.number * 13) % (2**31)
        return (base[:, None] + numpy.arange(self.length, dtype="u8") * 17 + 1).astype(self.dtype)

class Scan:
    """points at rate Hz of `channels` scalars and `spectra` channels of `length` uint32, `block` points an event at most."""
    def __init__(self, number, points, rate, channels=0, spectra=0, length=1024, block=10, delay=0, maxlen=2048, folder="faults", started=None):
        self.number, self.points, self.rate, self.block, self.delay, self.maxlen, self.folder = number, points, rate, block, delay, maxlen, folder
        self.count_time = 1 / rate if rate else 0
        self.name = f"{number}_timescan"
        self.parent = f"{SESSION}:mnt:beamline00:{folder}"
        self.node = f"{self.parent}:{self.name}"
        self.filename = f"{ROOT}/{folder}/data.h5"
        self.entry = f"{number}.1"
        self.channels = [Channel(self, 0, "timer:elapsed_time", "f8", 0)]
        self.channels += [Channel(self, 1 + n, f"ctrl:ch{n:02d}", SCALARS[n % len(SCALARS)], 0) for n in range(channels)]
        self.channels += [Channel(self, 500 + n, f"ctrl:spectrum{n:02d}", "u4", length) for n in range(spectra)]

    def info(self, start):
        scalars, spectra, images = ([c.name for c in self.channels[1:] if len(c.shape) == n] for n in range(3))
        when = datetime.datetime.fromtimestamp(start)
        return {
            "type": "timescan", "save": True, "npoints": self.points, "count_time": self.count_time, "title": f"timescan {self.count_time}",
            "session_name": SESSION, "user_name": "test", "data_writer": "nexus", "data_policy": "None", "shadow_scan_number": False,
            "publisher": "Bliss", "publisher_version": "1.8.0",
            "acquisition_chain": {"timer": {"master": {"scalars": ["timer:elapsed_time"], "spectra": [], "images": []},
                "scalars": scalars, "spectra": spectra, "images": images, "devices": ["1:timer", "2:ctrl"]}},
            "devices": {"1:timer": {"triggered_devices": ["2:ctrl"], "channels": ["timer:elapsed_time"]}, "2:ctrl": {"channels": scalars + spectra + images}},
            "channels": {c.name: {"display_name": c.name.split(":")[1], "dim": len(c.shape)} for c in self.channels},
            "rois": {}, "scan_nb": self.number, "filename": self.filename, "start_time": when,
            "start_time_str": when.strftime("%a %b %d %H:%M:%S %Y"), "start_timestamp": start, "_display_extra": {"plotselect": []},
            "instrument": {"@NX_class": "NXinstrument"}, "positioners": {"positioners_start": {"robx": 0.5}, "positioners_dial_start": {"robx": 0.5}, "positioners_units": {"robx": None}},
            "scan_meta_categories": ["nexuswriter", "positioners", "instrument"],
            "nexuswriter": {"instrument": "test", "devices": {}}, "node_name": self.node,
        }

def dumps(value): return pickle.dumps(value, protocol=3)

def data_event(channel, first, values):
    """The XADD of one event of points."""
    desc = dumps({"reference": False, "dtype": channel.dtype, "shape": channel.shape, "unit": None})
    return ("XADD", channel.node + "_data", "MAXLEN", "~", channel.scan.maxlen, f"{first + 1}-0", "__EVENT__", "CHANNELDATA",
        "__DESC__", desc, "__NPOINTS__", len(values), "__DATA__", dumps(values if len(values) > 1 else values[0]))

def state(number): return b"\x80\x03cbliss.scanning.scan\nScanState\nq\x00K" + bytes([number]) + b"\x85q\x01Rq\x02."

class Publisher:
    def __init__(self, url, scan):
        import redis
        self.errors = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError, redis.exceptions.BusyLoadingError)
        self.refused = redis.exceptions.ResponseError
        self.redis, self.scan = redis.Redis.from_url(url), scan

    def send(self, *commands):
        """In a transaction, until it is answered."""
        while True:
            try:
                pipe = self.redis.pipeline(transaction=True)
                for command in commands: pipe.execute_command(*command)
                return pipe.execute()
            except self.errors: time.sleep(0.1)
            except self.refused as error:
                if "equal or smaller" in str(error): return None  # it had arrived
                raise

    def node(self, node, kind, name=None, streams=(), info=None):
        parent = node.rsplit(":", 1)[0] if ":" in node else None
        self.send(("HSET", node, "version", "v1.1", "node_type", kind, "name", name or node.split(":")[-1], "db_name", node, *(("parent", parent) if parent else ())))
        if info: self.send(("HSET", node + "_info", *[x for key, value in info.items() for x in (key, value if key == "state" else dumps(value))]))
        for stream in streams:
            try: self.redis.execute_command("XGROUP", "CREATE", node + stream, "x", "$", "MKSTREAM"); self.redis.execute_command("XGROUP", "DESTROY", node + stream, "x")
            except self.errors + (self.refused,): pass
        if parent: self.send(("XADD", parent + "_children_list", "*", "__EVENT__", "NEW_NODE", "db_name", node))

    def points(self, first, count):
        commands = []
        for channel in self.scan.channels:
            for at in range(first, first + count, self.scan.block):
                n = min(self.scan.block, first + count - at)
                commands.append(data_event(channel, at, channel.values(at, n)))
        self.send(*commands)

    def publish(self):
        time.sleep(self.scan.delay)
        self.begin()
        self.all_points()
        self.end()

    def all_points(self):
        scan, done, begin = self.scan, 0, time.time()
        while done < scan.points:
            due = min(scan.points, int((time.time() - begin) * scan.rate))
            if due > done: self.points(done, due - done); done = due
            time.sleep(0.1 if scan.rate <= 1000 else 0.05)

    def begin(self):
        scan = self.scan
        parts = scan.parent.split(":")
        for n in range(1, len(parts) + 1):
            container = ":".join(parts[:n])
            if self.send(("EXISTS", container)) == [0]: self.node(container, "container", streams=("_children_list",))
        start = time.time()
        info = scan.info(start)
        self.node(scan.node, "scan", streams=("_children_list", "_prepared", "_end"), info={**info, "state": state(1)})
        self.node(f"{scan.node}:timer", "None", streams=("_children_list",))
        self.node(f"{scan.node}:timer:ctrl", "None", streams=("_children_list",))
        for channel in scan.channels:
            self.node(channel.node, "channel", channel.name, ("_data",), {"shape": channel.shape, "dtype": channel.dtype, "fullname": channel.name, "unit": None, "node_name": channel.node})
        self.send(*self.fields(info), self.event("PREPARED_SCAN"))
        self.send(("HSET", scan.node + "_info", "state", state(2)))
        self.start = start

    def end(self):
        info, now = self.scan.node + "_info", time.time()
        self.send(("HSET", info, "state", state(3)))
        ended = {**self.scan.info(self.start), "end_time": datetime.datetime.fromtimestamp(now), "end_timestamp": now}
        self.send(*self.fields(ended), self.event("END_SCAN", "__EXCEPTION__", dumps(None)))
        self.send(("HSET", info, "state", state(4)))

    def fields(self, info):
        return [("HSET", self.scan.node + "_info", key, dumps(value)) for key, value in info.items()]

    def event(self, name, *more):
        return ("XADD", f"{self.scan.node}_{name[:-5].lower()}", "*", "__EVENT__", name, "__TIMESTAMP__", dumps(time.time()), "__STRTIME__", time.ctime(), *more)

def made(spec):
    with open(spec) as file: return [Scan(**scan) for scan in json.load(file)["scans"]]

if __name__ == "__main__":
    failed = []
    def run(scan):
        try: Publisher(sys.argv[1], scan).publish()
        except BaseException as error: failed.append(error); raise
    threads = [threading.Thread(target=run, args=(scan,)) for scan in made(sys.argv[2])]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    sys.exit(1 if failed else 0)
