"""The Tango class NexusWriter, as BLISS and its users know it: one device for each session."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Optional, Tuple

from tango import AttrWriteType, CmdArgType, DevState, Except, LogLevel
from tango.server import Device, attribute, command, device_property

from . import lines
from .link import Link
from .scan import Scan
from .service import ServiceRefused, ServiceUnreachable
from .session import Session, UnknownScan
from .threads import keep_thread

LOG = logging.getLogger(__name__)

LOG_LEVELS = ["NOTSET", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]
# NOTSET leaves the service as it is.
SERVICE_LEVELS = {"DEBUG": "debug", "INFO": "info", "WARN": "warn", "ERROR": "error", "FATAL": "error"}
TANGO_LEVELS = [
    getattr(LogLevel, name) for name in ("LOG_OFF", *(f"LOG_{level}" for level in LOG_LEVELS[1:]))
]
PROFILES = ["OFF", "CPU30", "CPU50", "CPU100", "WALL30", "WALL50", "WALL100", "MEM30", "MEM50", "MEM100"]
MOST = 10_000

STATES: Dict[str, DevState] = {
    name: getattr(DevState, name) for name in ("INIT", "ON", "OFF", "FAULT", "RUNNING", "UNKNOWN")
}
OPTIONS = (
    "keepshape",
    "multivalue_positioners",
    "enable_external_nonhdf5",
    "disable_external_hdf5",
    "copy_non_external",
    "noconfig",
    "stackmca",
    "required_disk_space",
    "recommended_disk_space",
    "beacon_host",
)


def _strings(read: Any, doc: str) -> attribute:
    return attribute(fget=read, dtype=(str,), max_dim_x=MOST, doc=doc)


def _level(name: str, labels: List[str], doc: str) -> attribute:
    return attribute(
        dtype=CmdArgType.DevEnum,
        enum_labels=labels,
        access=AttrWriteType.READ_WRITE,
        fget=f"read_{name}",
        fset=f"write_{name}",
        doc=doc,
    )


@contextmanager
def tango_errors() -> Iterator[None]:
    """What goes wrong with the service as Tango's exceptions, with one sentence."""
    try:
        yield
    except UnknownScan as error:
        Except.throw_exception("UnknownScan", str(error), "NexusWriter")
    except ServiceRefused as error:
        Except.throw_exception("ServiceRefused", str(error), "NexusWriter")
    except ServiceUnreachable as error:
        text = f"The writer service does not answer: {error}."
        Except.throw_exception("ServiceUnreachable", text, "NexusWriter")


class NexusWriter(Device):
    """Answers BLISS for one session. It writes nothing: the service does."""

    # Of the server's process; there before any device is.
    link: Link
    # Sessions by device name in lower case, where no database has the property.
    sessions: Dict[str, str] = {}

    session = device_property(dtype=str, default_value="", doc="name of the BLISS session; mandatory")
    keepshape = device_property(dtype=bool, doc="points of a mesh in its shape")
    multivalue_positioners = device_property(dtype=bool, doc="motors that move together in one group")
    enable_external_nonhdf5 = device_property(dtype=bool, doc="has no effect")
    disable_external_hdf5 = device_property(dtype=bool, doc="no links to the images of HDF5 detectors")
    copy_non_external = device_property(dtype=bool, doc="pixels of images that cannot be linked are copied")
    noconfig = device_property(dtype=bool, doc="every channel in a group of its own")
    stackmca = device_property(dtype=bool, doc="has no effect")
    required_disk_space = device_property(dtype=float, doc="MB; with less no scan may start")
    recommended_disk_space = device_property(dtype=float, doc="MB; with less there is a warning")
    beacon_host = device_property(dtype=str, doc="must agree with BEACON_HOST of the server")

    def init_device(self) -> None:
        super().init_device()
        self._levels = {"resource_profiling": 0, "writer_log_level": 2, "tango_log_level": 2}
        name = self.session or self.sessions.get(self.get_name().lower(), "")
        self._session: Optional[Session] = None
        if not name:
            LOG.error("Device %s has no property session: it does nothing.", self.get_name())
            return
        self._session = Session(name, self.link.client, {option: getattr(self, option) for option in OPTIONS})
        for warning in (*self._session.warnings, self._session.fault):
            if warning:
                LOG.warning("Device %s: %s", self.get_name(), warning)
        self.link.add(self._session)

    def dev_state(self) -> DevState:
        return STATES[self._status()[0]]

    def dev_status(self) -> str:
        return self._status()[1]

    def _status(self) -> Tuple[str, str]:
        if self._session is None:
            return (
                "FAULT",
                "This device has no property session: name the BLISS session in it and start the server again.",
            )
        return self._session.status()

    @property
    def _own(self) -> Session:
        if self._session is not None:
            return self._session
        return Except.throw_exception("NoSession", self._status()[1], "NexusWriter")

    def _scans(self) -> List[Scan]:
        return [] if self._session is None else self._session.mirror.scans()

    def _scans_now(self) -> List[Scan]:
        if self._session is not None:
            self._session.refresh_progress()
        return self._scans()

    # Attributes

    scan_names = _strings("read_scan_names", "names of scans that the service knows, the oldest first")
    scan_states = attribute(
        fget="read_scan_states",
        dtype=(CmdArgType.DevState,),
        max_dim_x=MOST,
        doc="in the order of scan_names",
    )
    scan_states_info = _strings("read_scan_states_info", "name: STATE reason")
    scan_uris = _strings("read_scan_urls", "name: file::/N.M, a line for each sub-scan")
    scan_urls = _strings("read_scan_urls", "name: file::/N.M, a line for each sub-scan")
    scan_start = _strings("read_scan_start", "name: local time")
    scan_end = _strings("read_scan_end", "name: local time, or not finished")
    scan_duration = _strings("read_scan_duration", "name: hours:minutes:seconds")
    scan_progress = _strings("read_scan_progress", "name: what is written")
    scan_info = _strings("read_scan_info", "name: state, and what is written")
    resource_profiling = _level("resource_profiling", PROFILES, "keeps its value and has no effect")
    writer_log_level = _level("writer_log_level", LOG_LEVELS, "from which level on the writer service logs")
    tango_log_level = _level("tango_log_level", LOG_LEVELS, "from which level on this server logs")

    def read_scan_names(self) -> List[str]:
        return [scan.name for scan in self._scans()]

    def read_scan_states(self) -> List[DevState]:
        return [STATES[scan.state] for scan in self._scans()]

    def read_scan_states_info(self) -> List[str]:
        return lines.states_info(self._scans())[-MOST:]

    def read_scan_urls(self) -> List[str]:
        return lines.urls(self._scans())[-MOST:]

    def read_scan_start(self) -> List[str]:
        return lines.starts(self._scans())

    def read_scan_end(self) -> List[str]:
        return lines.ends(self._scans())

    def read_scan_duration(self) -> List[str]:
        return lines.durations(self._scans())

    def read_scan_progress(self) -> List[str]:
        return lines.progress(self._scans_now())[-MOST:]

    def read_scan_info(self) -> List[str]:
        return lines.info(self._scans_now())[-MOST:]

    def read_resource_profiling(self) -> int:
        return self._levels["resource_profiling"]

    def write_resource_profiling(self, value: int) -> None:
        self._levels["resource_profiling"] = int(value)

    def read_writer_log_level(self) -> int:
        return self._levels["writer_log_level"]

    def write_writer_log_level(self, value: int) -> None:
        self._levels["writer_log_level"] = int(value)
        level = SERVICE_LEVELS.get(LOG_LEVELS[int(value)])
        if level is not None:
            self.link.set_log_level(level)

    def read_tango_log_level(self) -> int:
        return self._levels["tango_log_level"]

    def write_tango_log_level(self, value: int) -> None:
        self._levels["tango_log_level"] = int(value)
        logging.getLogger(__package__).setLevel(int(value) * 10)
        self.get_logger().set_level(TANGO_LEVELS[int(value)])

    # Commands

    @command(dtype_in=str, dtype_out=bool)
    def scan_exists(self, name: str) -> bool:
        """Whether the service has seen the scan. Never raises."""
        return self._session is not None and self._session.find(name) is not None

    @command(dtype_in=str, dtype_out=CmdArgType.DevState)
    def scan_state(self, name: str) -> DevState:
        """INIT, ON, OFF (finished, its file is closed) or FAULT."""
        keep_thread()
        scan = None if self._session is None else self._session.mirror.get(name)
        if scan is not None:
            return STATES[scan.state]
        with tango_errors():
            return STATES[self._own.known(name).state]

    @command(dtype_in=str, dtype_out=str)
    def scan_state_reason(self, name: str) -> str:
        with tango_errors():
            return self._own.known(name).reason

    @command(dtype_in=str, dtype_out=(str,))
    def scan_uri(self, name: str) -> List[str]:
        """file::/N.M, one for each sub-scan."""
        with tango_errors():
            return list(self._own.known(name).urls)

    @command(dtype_in=str, dtype_out=(str,))
    def scan_url(self, name: str) -> List[str]:
        """file::/N.M, one for each sub-scan."""
        with tango_errors():
            return list(self._own.known(name).urls)

    @command(dtype_in=str, dtype_out=bool)
    def scan_has_write_permissions(self, name: str) -> bool:
        """Only what is known to be impossible is false: BLISS would abort the scan."""
        with tango_errors():
            return self._own.target(name).get("is_writable") is not False

    @command(dtype_in=str, dtype_out=bool)
    def scan_has_required_disk_space(self, name: str) -> bool:
        with tango_errors():
            return self._own.target(name).get("has_required_space") is not False

    @command(dtype_in=str, dtype_out=str)
    def scan_disk_space_error(self, name: str) -> str:
        """Empty when there is enough room."""
        with tango_errors():
            return str(self._own.target(name).get("space_error") or "")

    @command(dtype_in=str, dtype_out=str)
    def scan_disk_space_warning(self, name: str) -> str:
        """Empty when there is as much room as is recommended."""
        with tango_errors():
            return str(self._own.target(name).get("space_warning") or "")

    @command(dtype_in=str)
    def makedirs(self, path: str) -> None:
        """Makes an absolute path, as BLISS has it; one that exists is fine."""
        if not path.startswith("/"):
            Except.throw_exception("RelativePath", f"{path!r} is not an absolute path.", "NexusWriter")
        with tango_errors():
            self._own.make_directory(path)

    @command(dtype_in=str)
    def stop_scan(self, name: str) -> None:
        """Reads no more of it, and ends its file. An unknown scan is ignored."""
        with tango_errors():
            self._own.end_scan(name, "stop")

    @command(dtype_in=str)
    def kill_scan(self, name: str) -> None:
        """Stops it at once. An unknown scan is ignored."""
        with tango_errors():
            self._own.end_scan(name, "kill")

    @command
    def purge_scans(self) -> None:
        """Forgets, in this device, scans that finished well."""
        self._own.mirror.purge()

    @command
    def start(self) -> None:
        """Accepts new scans."""
        with tango_errors():
            self._own.accept(True)

    @command
    def stop(self) -> None:
        """Accepts no new scans; those that run go on."""
        with tango_errors():
            self._own.accept(False)
