"""The Tango device server that BLISS expects of its NeXus writer; scans are written by `scan-writer run`."""

__version__ = "0.1.0"
