"""What both peers share: reading the streams of a scan with redis-py, and saying what it took."""
import json, pickle, resource, sys, time
import redis

REPLY_BYTES = 1 << 20
MAX_ENTRIES = 2048

class Channel:
    def __init__(self, described):
        self.key, self.name, self.dtype, self.shape = described["key"], described["name"], described["dtype"], tuple(described["shape"])

    def create(self, file):
        # As one would choose them: a spectrum or a frame is a chunk.
        chunks = (1,) + self.shape if self.shape else (1024,)
        return file.create_dataset(self.name.replace(":", "_"), (0,) + self.shape, self.dtype, maxshape=(None,) + self.shape, chunks=chunks)

def entries(url, channels):
    """Yields (channel, number of points, data) of each event that Redis holds, the replies about 1 MiB."""
    client = redis.Redis.from_url(url)
    by_key = {channel.key.encode(): channel for channel in channels}
    last = {key: b"0" for key in by_key}
    size = REPLY_BYTES / 128
    while True:
        reply = client.xread(last, count=max(1, min(MAX_ENTRIES, int(REPLY_BYTES / size / len(last)))))
        if not reply: return
        total = number = 0
        for key, events in reply:
            for id, fields in events:
                data = fields[b"__DATA__"]
                total, number = total + len(data) + 150, number + 1
                yield by_key[key], int(fields[b"__NPOINTS__"]), pickle.loads(data)
            last[key] = events[-1][0]
        size = total / number

def main(write):
    """usage: PEER REDIS_URL SCAN_JSON FILE, where SCAN_JSON is a file with what publish.py says of the scan."""
    url, described, path = sys.argv[1:]
    with open(described) as file: channels = [Channel(channel) for channel in json.load(file)["channels"]]
    begin, cpu = time.perf_counter(), time.process_time()
    points = write(url, channels, path)
    print(json.dumps({"seconds": time.perf_counter() - begin, "cpu": time.process_time() - cpu, "points": points,
        "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
