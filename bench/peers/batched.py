#!/usr/bin/python3
"""A writer as one makes it when the first was too slow: gathers each channel's points for half a second, or until there
are 16 MiB, and appends them in one go. Usage: streams.main."""
import time
import h5py, numpy
import streams

FLUSH_SECONDS = 0.5
FLUSH_BYTES = 16 << 20

def append(dataset, parts):
    values = numpy.concatenate(parts)
    rows = dataset.shape[0]
    dataset.resize(rows + len(values), axis=0)
    dataset[rows:] = values

def write(url, channels, path):
    with h5py.File(path, "w") as file:
        datasets = {channel.key: channel.create(file) for channel in channels}
        gathered = {channel.key: [] for channel in channels}
        def flush():
            for key, parts in gathered.items():
                if parts: append(datasets[key], parts)
                gathered[key] = []
            file.flush()
        flushed, size = time.monotonic(), 0
        for channel, count, data in streams.entries(url, channels):
            values = numpy.reshape(data, (count,) + channel.shape)
            gathered[channel.key].append(values)
            size += values.nbytes
            if size >= FLUSH_BYTES or time.monotonic() - flushed > FLUSH_SECONDS:
                flush()
                flushed, size = time.monotonic(), 0
        flush()
        return sum(dataset.shape[0] for dataset in datasets.values())

if __name__ == "__main__": streams.main(write)
