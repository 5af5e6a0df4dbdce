#!/usr/bin/python3
"""Spoils a file of a scan in one way, to see whether after_fault.py finds it.

usage: spoil.py HOW FILE ENTRY CHANNEL_GROUP
"""
import os, sys
import h5py, numpy

how, path, entry, group = sys.argv[1:5]

def changed(change):
    os.chmod(path, 0o644)
    with h5py.File(path, "r+") as h5: change(h5, h5[entry])
    os.chmod(path, 0o444)

def rows(change):
    """The values of the channel anew, in a dataset of the same place, with the hash that fits."""
    import hashlib
    def replace(h5, item):
        name = f"{item.name}/instrument/{group}/data"
        values = change(h5[name][()])
        del h5[name]
        h5[name] = values
        manifest = item["writer/manifest"]
        at = [n.decode() for n in manifest["dataset"][()]].index(name)
        manifest["sha256"][at] = hashlib.sha256(numpy.ascontiguousarray(values).tobytes()).hexdigest()
    changed(replace)

def one_value(values): values[3] += 1; return values
def swapped(values): values[[3, 4]] = values[[4, 3]]; return values
def filled(values): values[3] = numpy.nan; return values

def named_missing(h5, item):
    missing = item["writer"].require_group("missing")
    for name in list(missing): del missing[name]
    missing["channel"], missing["first"], missing["count"], missing["reason"] = ["ctrl:" + group], [3], [1], ["trimmed"]
    del item["writer/status"]; item["writer/status"] = "INCOMPLETE"

def status(h5, item): del item["writer/status"]; item["writer/status"] = "RUNNING"
def entry_more(h5, item): h5.create_group("99.1")
def hash_wrong(h5, item): item["writer/manifest/sha256"][0] = "0" * 64

def damaged():
    os.chmod(path, 0o644)
    os.truncate(path, os.path.getsize(path) // 2)
    os.chmod(path, 0o444)

{
    "a value": lambda: rows(one_value),
    "two rows swapped": lambda: rows(swapped),
    "a row lost": lambda: rows(lambda values: values[:-1]),
    "a row in the middle lost": lambda: rows(lambda values: numpy.delete(values, 3)),
    "a row filled": lambda: rows(filled),
    "a row twice": lambda: rows(lambda values: numpy.append(values, values[-1:])),
    "a row named missing": lambda: changed(named_missing),
    "a row lost and named": lambda: (rows(filled), changed(named_missing)),
    "the status": lambda: changed(status),
    "an entry": lambda: changed(entry_more),
    "a hash": lambda: changed(hash_wrong),
    "half a file": damaged,
    "the mode": lambda: os.chmod(path, 0o644),
    "no file": lambda: os.unlink(path),
}[how]()
