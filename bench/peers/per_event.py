#!/usr/bin/python3
"""A writer as one begins it: each event makes its dataset longer and is assigned to the new rows. Usage: streams.main."""
import time
import h5py
import streams

FLUSH_SECONDS = 0.5

def write(url, channels, path):
    with h5py.File(path, "w") as file:
        datasets = {channel.key: channel.create(file) for channel in channels}
        flushed = time.monotonic()
        for channel, count, data in streams.entries(url, channels):
            dataset = datasets[channel.key]
            rows = dataset.shape[0]
            dataset.resize(rows + count, axis=0)
            dataset[rows:] = data
            if time.monotonic() - flushed > FLUSH_SECONDS:
                file.flush()
                flushed = time.monotonic()
        return sum(dataset.shape[0] for dataset in datasets.values())

if __name__ == "__main__": streams.main(write)
