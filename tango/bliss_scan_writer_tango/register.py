"""The command RegisterNexusWriter: adds a server and its device to the Tango database."""

from __future__ import annotations

import argparse
import os
import sys
from typing import List, Optional

from tango import Database, DbDevInfo, DevFailed

CLASS = "NexusWriter"


def main() -> None:
    arguments = _parser().parse_args()
    try:
        sys.exit(_register(arguments))
    except DevFailed as error:
        print(
            f"RegisterNexusWriter: the Tango database: {error.args[0].desc.splitlines()[0]}", file=sys.stderr
        )
        sys.exit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="RegisterNexusWriter", description="Adds the device of a BLISS session to the Tango database."
    )
    parser.add_argument("session", metavar="SESSION", help="name of the BLISS session")
    parser.add_argument("--server", default="NexusWriterService", help="default %(default)s")
    parser.add_argument("--instance", default="nexuswriters", help="default %(default)s")
    parser.add_argument("--domain", help="default $BEAMLINENAME, else id00")
    parser.add_argument("--family", default="bliss_nxwriter", help="default %(default)s")
    parser.add_argument("--member", help="default SESSION")
    parser.add_argument(
        "--ignore_existing", action="store_true", help="it is no error that the session has a device already"
    )
    return parser


def _register(arguments: argparse.Namespace) -> int:
    domain = arguments.domain or os.environ.get("BEAMLINENAME") or "id00"
    parts = [domain, arguments.family, arguments.member or arguments.session]
    if not all(parts) or any("/" in part for part in parts):
        print("RegisterNexusWriter: a device is DOMAIN/FAMILY/MEMBER, without further /.", file=sys.stderr)
        return 2
    database = Database()
    existing = _device_of(database, arguments.session)
    if existing is not None:
        print(f"Session {arguments.session} has the device {existing} already.", file=sys.stderr)
        return 0 if arguments.ignore_existing else 1
    device = "/".join(parts)
    if device.lower() in (name.lower() for name in _devices(database)):
        print(f"Device {device} belongs to another session already: give another --member.", file=sys.stderr)
        return 1
    server = f"{arguments.server}/{arguments.instance}"
    information = DbDevInfo()
    information.server, information._class, information.name = server, CLASS, device
    # The server itself comes into the database with its first device.
    database.add_device(information)
    database.put_device_property(device, {"session": [arguments.session]})
    print(f"{device} of server {server} writes session {arguments.session}.")
    print(f"Start the server anew to have it: {arguments.server} {arguments.instance}")
    return 0


def _devices(database: Database) -> List[str]:
    return list(database.get_device_name("*", CLASS))


def _device_of(database: Database, session: str) -> Optional[str]:
    """The device whose property names the session."""
    for device in _devices(database):
        if list(database.get_device_property(device, "session")["session"]) == [session]:
            return device
    return None


if __name__ == "__main__":
    main()
