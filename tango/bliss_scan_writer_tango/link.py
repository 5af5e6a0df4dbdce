"""Keeps what is known of the service up to date, in a thread of its own."""

from __future__ import annotations

import logging
import queue
import threading
import time
from typing import Callable, Dict, List, Optional, Set, Tuple

from .events import Event, EventStream
from .health import Health, followings_of, health_of
from .service import ServiceClient, ServiceRefused, ServiceUnreachable
from .session import Session, newest_scan, scans_of

LOG = logging.getLogger(__name__)

# How often is asked whether the service is there, and as it should be.
TICK_SECONDS = 3.0
LOST_TICK_SECONDS = 1.0
ASK_SECONDS = 2.0
# A service that is busy for so long is not lost yet.
PATIENCE_SECONDS = 5.0
FILL_SECONDS = 10.0
MOST_SCANS = 10_000


class Link(threading.Thread):
    """
    Follows the events of the service, asks for each scan that they name, and gives its sessions the answers.
    `absence` says what to do while nobody answers.
    """

    def __init__(self, client: ServiceClient, absence: Callable[[str], Health]) -> None:
        super().__init__(name="link", daemon=True)
        self.client = client
        self.health = Health()
        self._absence = absence
        self._log_level: Optional[str] = None
        # Start of the service, and what it was told.
        self._log_level_told: Tuple[str, Optional[str]] = ("", None)
        self._sessions: Dict[str, Session] = {}
        self._sessions_lock = threading.Lock()
        self._events: "queue.Queue[Event]" = queue.Queue()
        self._stream = EventStream(client, self._events.put)
        self._answered = 0.0
        self._is_ended = False

    def end(self) -> None:
        """What the service does from now on is of no interest."""
        self._is_ended = True
        self._stream.end()

    def run(self) -> None:
        self._stream.start()
        while not self._is_ended:
            try:
                self._tick()
                self._wait()
            except Exception:
                # One answer that nobody thought of must not end the following of all others.
                LOG.exception("The following of the service goes on after a mistake")
                time.sleep(LOST_TICK_SECONDS)

    def add(self, session: Session) -> None:
        with self._sessions_lock:
            self._sessions[session.name] = session
        session.health = self.health
        self.look()

    def look(self) -> None:
        """Asks at once how the service is."""
        self._events.put(Event("look", {}))

    @property
    def sessions(self) -> List[Session]:
        with self._sessions_lock:
            return list(self._sessions.values())

    def set_log_level(self, level: str) -> None:
        """Of the service; told again when it was started again."""
        self._log_level = level
        self.look()

    def _wait(self) -> None:
        """Until it is time to look: sooner when something happens that is not only of a scan."""
        end = time.monotonic() + (TICK_SECONDS if self.health.is_reachable else LOST_TICK_SECONDS)
        while True:
            events = self._next_events(end - time.monotonic())
            kinds = {event.kind for event in events}
            if kinds & {"hello", "missed"}:
                self._fill(self.sessions)
            self._update_scans(events)
            is_of_service = any("scan" not in event.data for event in events)
            if is_of_service or time.monotonic() >= end:
                return

    def _next_events(self, seconds: float) -> List[Event]:
        try:
            events = [self._events.get(timeout=max(0.0, seconds))]
            while not self._events.empty():
                events.append(self._events.get())
            return events
        except queue.Empty:
            return []

    def _update_scans(self, events: List[Event]) -> None:
        names: Set[Tuple[str, str]] = set()
        for event in events:
            db_name = event.data.get("scan")
            if isinstance(db_name, str) and event.kind != "scanProgress":
                names.add((db_name.partition(":")[0], db_name.rpartition(":")[2]))
        sessions = {session.name: session for session in self.sessions}
        for session, name in names:
            if session in sessions:
                self._update_scan(sessions[session], name)

    def _update_scan(self, session: Session, name: str) -> None:
        try:
            scan = newest_scan(self.client, session.name, name, ASK_SECONDS)
            if scan is not None:
                session.mirror.put(scan)
        except (ServiceUnreachable, ServiceRefused) as error:
            LOG.warning("Nothing new of scan %s of session %s: %s", name, session.name, error)
            session.mirror.is_stale = True

    def _tick(self) -> None:
        try:
            health = health_of(self.client.get("/api/service", timeout=ASK_SECONDS))
            followings = followings_of(self.client.get("/api/sessions", timeout=ASK_SECONDS))
        except (ServiceUnreachable, ServiceRefused) as error:
            self._miss(error)
            return
        self._answered = time.monotonic()
        is_new = health.start_time != self.health.start_time
        if not self.health.is_reachable:
            LOG.info("The writer service answers at %s", self.client.address.text)
        sessions = self.sessions
        # All before the state tells that scans may begin.
        self._fill([each for each in sessions if is_new or not each.mirror.is_filled or each.mirror.is_stale])
        self.health = health
        for session in sessions:
            session.following = followings.get(session.name)
            session.send_options(health.start_time)
            session.mirror.drop_missing()
            session.refresh_waiting()
            session.health = health
        self._tell_log_level()

    def _tell_log_level(self) -> None:
        wanted = (self.health.start_time, self._log_level)
        if self._log_level is None or self._log_level_told == wanted:
            return
        try:
            self.client.post("/api/log-level", {"level": self._log_level}, timeout=ASK_SECONDS)
            self._log_level_told = wanted
        except ServiceRefused as error:
            LOG.warning("The writer service does not change its log level: %s", error)
            self._log_level_told = wanted
        except ServiceUnreachable as error:
            LOG.warning("The log level is told later: %s", error)

    def _miss(self, error: Exception) -> None:
        if self._is_ended:
            return
        is_late = isinstance(error, ServiceUnreachable) and error.is_timeout
        if is_late and time.monotonic() - self._answered < PATIENCE_SECONDS:
            return
        health = self._absence(str(error))
        if health.why != self.health.why:
            LOG.warning("%s", health.why)
        self.health = health
        for session in self.sessions:
            session.health = health

    def _fill(self, sessions: List[Session]) -> None:
        for session in sessions:
            query = {"session": session.name, "limit": MOST_SCANS}
            try:
                session.mirror.fill(scans_of(self.client.get("/api/scans", query, timeout=FILL_SECONDS)))
            except (ServiceUnreachable, ServiceRefused) as error:
                LOG.warning("The scans of session %s cannot be had: %s", session.name, error)
                session.mirror.is_stale = True
