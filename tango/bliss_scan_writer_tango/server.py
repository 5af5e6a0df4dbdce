"""The command NexusWriterService."""

from __future__ import annotations

import argparse
import io
import logging
import shlex
import shutil
import sys
import tempfile
from typing import Dict, List, Optional, Tuple

from tango import DevFailed, SerialModel, Util
from tango.server import run

from .child import ServiceChild
from .device import NexusWriter
from .health import Health
from .link import Link
from .service import ServiceAddress, ServiceClient

NAME = "NexusWriterService"
DEFAULT_ADDRESS = "127.0.0.1:8350"
LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR"]


def main() -> None:
    """Ends with a sentence and 2 for what is wrong with the arguments."""
    own, run_options = _split(sys.argv[1:])
    arguments, tango_arguments = _parser().parse_known_args(own)
    try:
        sys.exit(_serve(arguments, tango_arguments, run_options))
    except ValueError as error:
        sys.exit(_complain(str(error)))
    except DevFailed as error:
        sys.exit(_complain(" ".join(error.args[0].desc.split())))
    except RuntimeError as error:
        # All that omniORB says.
        sys.exit(_complain(f"Tango cannot start the server ({error}): is its port taken?"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=NAME,
        allow_abbrev=False,
        usage=f"{NAME} INSTANCE [options] [options of Tango] [-- options of scan-writer run]",
        description="The Tango devices of BLISS's NeXus writer, for the service bliss-scan-writer.",
        epilog="Without a Tango database: -nodb -port PORT --session NAME=DOMAIN/FAMILY/MEMBER, or Tango's -file=FILE.",
    )
    parser.add_argument("instance", metavar="INSTANCE", help="of the server in the Tango database")
    parser.add_argument(
        "--http",
        metavar="HOST:PORT|unix:PATH",
        help=f"where the writer service answers (default {DEFAULT_ADDRESS}; with --run a socket of its own)",
    )
    parser.add_argument("--token-file", metavar="FILE", help="what the service wants over TCP for changes")
    parser.add_argument(
        "--run", action="store_true", help="start the writer service, and end it with this server"
    )
    parser.add_argument(
        "--scan-writer", metavar="COMMAND", default="scan-writer", help="the program that --run starts"
    )
    parser.add_argument(
        "--session",
        metavar="NAME=DEVICE",
        action="append",
        default=[],
        help="a device without a database (repeats): exp1=id00/bliss_nxwriter/exp1",
    )
    parser.add_argument("--server", metavar="NAME", default=NAME, help=f"name of the server (default {NAME})")
    parser.add_argument("--log", metavar="LEVEL", default="INFO", help=f"{', '.join(LEVELS)} (default INFO)")
    return parser


def _split(arguments: List[str]) -> Tuple[List[str], Optional[List[str]]]:
    """What is ours and Tango's, and what stands after `--`."""
    if "--" not in arguments:
        return arguments, None
    index = arguments.index("--")
    return arguments[:index], arguments[index + 1 :]


def _serve(
    arguments: argparse.Namespace, tango_arguments: List[str], run_options: Optional[List[str]]
) -> int:
    _check(arguments, run_options)
    # Who started the server waits for a line of Tango, perhaps through a pipe.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    logging.basicConfig(
        level=arguments.log.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    NexusWriter.sessions = _sessions(arguments.session)
    if arguments.session:
        tango_arguments = _without_database(tango_arguments)
    folder = tempfile.mkdtemp(prefix="scan-writer-") if arguments.run and not arguments.http else None
    try:
        address = ServiceAddress(
            arguments.http or (f"unix:{folder}/http.sock" if folder else DEFAULT_ADDRESS)
        )
        children: List[ServiceChild] = []
        client = ServiceClient(address, _token(arguments.token_file))
        NexusWriter.link = Link(client, lambda error: _absence(address, error, children))

        def when_ready() -> None:
            # Commands wait for the service; one that does must not keep the others of its device.
            Util.instance().set_serial_model(SerialModel.NO_SYNC)
            if arguments.run:
                children.append(_child(arguments, address, run_options or []))
                children[0].start()
            NexusWriter.link.start()

        try:
            run(
                [NexusWriter],
                args=[arguments.server, arguments.instance, *tango_arguments],
                post_init_callback=when_ready,
                raises=True,
            )
        finally:
            NexusWriter.link.end()
            for child in children:
                child.end()
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def _check(arguments: argparse.Namespace, run_options: Optional[List[str]]) -> None:
    if arguments.instance.startswith("-"):
        raise ValueError(f"The first argument has to be the instance, not {arguments.instance}.")
    if arguments.log.upper() not in LEVELS:
        raise ValueError(f"--log takes {', '.join(LEVELS)}, not {arguments.log}.")
    if run_options is not None and not arguments.run:
        raise ValueError(
            "Options after -- are those of the service that --run starts: give --run, or leave them."
        )
    own = {"--http": "--http", "--token-file": "--token-file"}
    for option in run_options or []:
        if option.partition("=")[0] in own:
            raise ValueError(f"Give {option.partition('=')[0]} before --: the service gets the same.")


def _sessions(texts: List[str]) -> Dict[str, str]:
    """Sessions by device name."""
    sessions: Dict[str, str] = {}
    for text in texts:
        name, _, device = text.partition("=")
        parts = device.split("/")
        if not name or len(parts) != 3 or not all(parts):
            raise ValueError(f"--session takes NAME=DOMAIN/FAMILY/MEMBER, not {text}.")
        if device.lower() in sessions or name in sessions.values():
            raise ValueError(f"--session {text}: a session has one device, and a device one session.")
        sessions[device.lower()] = name
    return sessions


def _without_database(tango_arguments: List[str]) -> List[str]:
    more = [] if "-nodb" in tango_arguments else ["-nodb"]
    return [*tango_arguments, *more, "-dlist", ",".join(NexusWriter.sessions)]


def _token(path: Optional[str]) -> Optional[str]:
    if path is None:
        return None
    try:
        with open(path, encoding="ascii") as file:
            token = file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"The token cannot be read from {path}: {error}.") from error
    if not token or any(sign.isspace() for sign in token):
        raise ValueError(f"{path} has to hold one token, and nothing else.")
    return token


def _child(arguments: argparse.Namespace, address: ServiceAddress, options: List[str]) -> ServiceChild:
    command = [*shlex.split(arguments.scan_writer), "run", "--http", address.text]
    if arguments.token_file is not None:
        command += ["--token-file", arguments.token_file]
    given = {option.partition("=")[0] for option in options}
    if not given & {"--session", "--all-sessions", "--config"}:
        for session in NexusWriter.link.sessions:
            command += ["--session", session.name]
    return ServiceChild([*command, *options])


def _absence(address: ServiceAddress, error: str, children: List[ServiceChild]) -> Health:
    child = children[0] if children else None
    if child is not None and child.is_starting:
        return Health(why="The writer service is being started.")
    advice = (
        f"{child.fault}, its log says why"
        if child is not None and child.fault
        else "start it, or look at its log"
    )
    return Health(
        is_reachable=False,
        why=f"The writer service does not answer at {address.text} ({error}): {advice}. "
        "Scans that run go on when it is back, from what Redis still holds.",
    )


def _complain(text: str) -> int:
    print(f"{NAME}: {text}", file=sys.stderr)
    return 2
