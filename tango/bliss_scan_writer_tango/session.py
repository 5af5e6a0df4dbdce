"""One BLISS session: its scans, its state, and what is asked of the service for it."""

from __future__ import annotations

import threading
import time
from typing import Any, Dict, List, Mapping, Optional, Tuple

from . import options as session_options
from .health import Following, Health
from .mirror import Mirror
from .scan import Scan, scan_of
from .service import ServiceClient, ServiceRefused, ServiceUnreachable, scan_path, session_path

# BLISS's proxies wait for 3 s.
CHECK_SECONDS = 2.4
MISS_SECONDS = 1.0
# BLISS asks every 0.1 s for a scan that is not there yet.
SAME_MISS_SECONDS = 0.05
PROGRESS_SECONDS = 1.0
MOST_MISSES = 1_000
MOST_LIVE = 1_000
LONGEST_NAME = 500

NOT_FOUND, WRONG_STATE = 404, 409


class UnknownScan(Exception):
    """A command names a scan that nobody knows."""


class Session:
    """`health` is replaced by the link; commands of any thread read it."""

    def __init__(self, name: str, client: ServiceClient, properties: Mapping[str, Any]) -> None:
        self.name = name
        self.mirror = Mirror()
        self.health = Health()
        self.following: Optional[Following] = None
        self._options: Dict[str, Any] = session_options.service_options(properties)
        self._options_sent_to: Optional[str] = None
        self.options_fault = ""
        self.warnings = session_options.warnings(properties)
        self.fault = session_options.beacon_fault(str(properties.get("beacon_host") or ""))
        self._client = client
        self._misses: Dict[str, Tuple[threading.Lock, List[float]]] = {}
        self._misses_lock = threading.Lock()
        self._progress_lock = threading.Lock()
        self._progress_time = 0.0

    def find(self, name: str) -> Optional[Scan]:
        """A scan of the mirror, else the service is asked once."""
        return self.mirror.get(name) or self._ask(name)

    def known(self, name: str) -> Scan:
        scan = self.find(name)
        if scan is None:
            why = "" if self.health.is_reachable else f" {self.status()[1]}"
            raise UnknownScan(f"Session {self.name} has no scan {name[:LONGEST_NAME]}.{why}")
        return scan

    def status(self) -> Tuple[str, str]:
        """State of the device, and sentences that say why."""
        state, reason = self._state()
        return state, " ".join(part for part in (reason, self.options_fault, *self.warnings) if part)

    def target(self, name: str) -> Dict[str, Any]:
        """Where the scan is to be written: may it be, and how much room is there."""
        return self._client.get(scan_path(self.known(name).db_name, "target"), timeout=CHECK_SECONDS)

    def end_scan(self, name: str, how: str) -> None:
        """`stop` or `kill`. A scan that is unknown or over is left as it is."""
        scan = self.find(name)
        if scan is None:
            return
        try:
            self._client.post(scan_path(scan.db_name, how), timeout=CHECK_SECONDS)
        except ServiceRefused as error:
            if error.status not in (NOT_FOUND, WRONG_STATE):
                raise

    def accept(self, is_accepting: bool) -> None:
        """Starts or stops accepting new scans."""
        path = session_path(self.name, "start" if is_accepting else "stop")
        self._client.post(path, timeout=CHECK_SECONDS)
        if self.following is not None:
            self.following = self.following._replace(is_accepting=is_accepting)

    def make_directory(self, path: str) -> None:
        self._client.post("/api/directories", {"path": path}, timeout=CHECK_SECONDS)

    def refresh_progress(self) -> None:
        """What is on disk of scans that run, asked for once a second at most."""
        with self._progress_lock:
            now = time.monotonic()
            if now - self._progress_time < PROGRESS_SECONDS or self.mirror.live_count == 0:
                return
            query = {"session": self.name, "state": "live", "limit": MOST_LIVE}
            try:
                told = self._client.get("/api/scans", query, timeout=MISS_SECONDS)
            except (ServiceUnreachable, ServiceRefused):
                told = {}
            self._progress_time = time.monotonic()
            self.mirror.update_progress(scans_of(told))

    def refresh_waiting(self) -> None:
        """A scan that waits becomes a fault after a while, of which no event tells."""
        if not any(scan.is_live and scan.reason for scan in self.mirror.scans()):
            return
        query = {"session": self.name, "state": "waiting", "limit": MOST_LIVE}
        try:
            self.mirror.update(scans_of(self._client.get("/api/scans", query, timeout=MISS_SECONDS)))
        except (ServiceUnreachable, ServiceRefused):
            # It is asked again soon.
            return

    def send_options(self, start_time: str) -> None:
        """Once to each start of the service, as soon as it knows the session."""
        if self._options_sent_to == start_time:
            return
        try:
            self._client.post(session_path(self.name, "options"), self._options, timeout=CHECK_SECONDS)
            self.options_fault = ""
        except ServiceUnreachable:
            return
        except ServiceRefused as error:
            if error.status == NOT_FOUND and not (self.following and self.following.is_followed):
                return
            fault = f"The writer service does not take the properties of this device: {error}"
            self.options_fault = fault if self._options else ""
        self._options_sent_to = start_time

    def _state(self) -> Tuple[str, str]:
        health, following = self.health, self.following
        if self.fault:
            return "FAULT", self.fault
        if health.is_reachable is False:
            return "FAULT", health.why
        if health.is_reachable is None or not self.mirror.is_filled:
            return "INIT", health.why or f"The writer service is being asked for session {self.name}."
        for tag, state in (("redisLost", "FAULT"), ("draining", "OFF"), ("starting", "INIT")):
            problem = health.problem(tag)
            if problem is not None:
                return state, problem.text
        if not health.is_connected:
            return "FAULT", "The writer service has no connection to Redis: its log says why."
        if following is None or not following.is_followed:
            return "FAULT", (
                f"The writer service does not follow session {self.name}: start it with --session {self.name}, "
                "or with --all-sessions, which takes a session up when BLISS has started it."
            )
        live = self.mirror.live_count
        count = f"{live} scan{' is' if live == 1 else 's are'} being written" if live else ""
        if not following.is_accepting:
            running = f"; {count}" if live else ""
            return "OFF", f"New scans are not accepted{running}: the command start changes that."
        doing = f"{count}." if live else "Waiting for scans."
        return ("RUNNING" if live else "ON"), f"{doing} {health.blocking}".strip()

    def _ask(self, name: str) -> Optional[Scan]:
        """The same name once at a time, so that who polls for a scan does not load the service."""
        if self.health.is_reachable is False or not name or len(name) > LONGEST_NAME:
            return None
        with self._misses_lock:
            if len(self._misses) > MOST_MISSES:
                self._misses.clear()
            lock, asked = self._misses.setdefault(name, (threading.Lock(), [-SAME_MISS_SECONDS]))
        with lock:
            scan = self.mirror.get(name)
            if scan is None and time.monotonic() - asked[0] >= SAME_MISS_SECONDS:
                scan = self._fetch(name)
                asked[0] = time.monotonic()
            return scan

    def _fetch(self, name: str) -> Optional[Scan]:
        try:
            found = newest_scan(self._client, self.name, name, MISS_SECONDS)
        except (ServiceUnreachable, ServiceRefused):
            return None
        return None if found is None else self.mirror.add(found)


def newest_scan(client: ServiceClient, session: str, name: str, timeout: float) -> Optional[Scan]:
    """The newest scan of a node name."""
    told = client.get("/api/scans", {"session": session, "name": name, "limit": 1}, timeout=timeout)
    return next((scan for scan in scans_of(told) if scan.name == name), None)


def scans_of(told: Dict[str, Any]) -> List[Scan]:
    """Of the answer to GET /api/scans."""
    scans = told.get("scans")
    found = (scan_of(each) for each in (scans if isinstance(scans, list) else []))
    return [scan for scan in found if scan is not None]
