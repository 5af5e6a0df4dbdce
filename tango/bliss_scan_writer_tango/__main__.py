"""`python3 -m bliss_scan_writer_tango INSTANCE ...` is the command NexusWriterService."""

from .server import main

if __name__ == "__main__":
    main()
