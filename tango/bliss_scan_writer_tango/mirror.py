"""The scans of one session in memory, of which commands answer without asking anybody."""

from __future__ import annotations

import threading
import time
from typing import Dict, Iterable, List, Optional, Set, Tuple

from .scan import Scan

# How long a scan that ran is kept when a service that was started again does not know it yet.
MISSING_SECONDS = 60.0
MOST_NAMES = 10_000


class Mirror:
    """By node name; the newest scan of a name counts. Reading takes no lock."""

    def __init__(self) -> None:
        self.is_filled = False
        # Something was not heard of: to be filled again.
        self.is_stale = False
        self._scans: Dict[str, Scan] = {}
        self._missing: Dict[str, float] = {}
        self._purged: Set[Tuple[str, str]] = set()
        self._lock = threading.Lock()

    def get(self, name: str) -> Optional[Scan]:
        return self._scans.get(name)

    def scans(self) -> List[Scan]:
        """The oldest first, as many as an attribute can hold."""
        with self._lock:
            scans = list(self._scans.values())
        return sorted(scans, key=lambda scan: scan.start_time)[-MOST_NAMES:]

    @property
    def live_count(self) -> int:
        with self._lock:
            return sum(scan.is_live for scan in self._scans.values())

    def fill(self, scans: Iterable[Scan]) -> None:
        """Takes what the service knows, the newest first, in place of all before."""
        now = time.monotonic()
        with self._lock:
            told: Dict[str, Scan] = {}
            identities = set()
            for scan in scans:
                identities.add(scan.identity)
                if not self._is_hidden(scan):
                    told.setdefault(scan.name, scan)
            # BLISS would abort a scan that is unknown all at once.
            for name, scan in self._scans.items():
                if name in told or not scan.is_live:
                    self._missing.pop(name, None)
                elif now - self._missing.setdefault(name, now) < MISSING_SECONDS:
                    told[name] = scan
            self._purged &= identities
            self._scans = told
            self.is_filled, self.is_stale = True, False

    def drop_missing(self) -> None:
        """Forgets scans that ran and that the service has not come back to."""
        now = time.monotonic()
        with self._lock:
            for name in [name for name, since in self._missing.items() if now - since >= MISSING_SECONDS]:
                del self._missing[name]
                self._scans.pop(name, None)

    def put(self, scan: Scan) -> None:
        """The newest of its name, as the service tells it."""
        with self._lock:
            if not self._is_hidden(scan):
                self._missing.pop(scan.name, None)
                self._scans[scan.name] = scan

    def add(self, scan: Scan) -> Optional[Scan]:
        """Puts it there unless the name is known meanwhile, by something newer perhaps. Gives what is there."""
        with self._lock:
            if self._is_hidden(scan):
                return None
            return self._scans.setdefault(scan.name, scan)

    def update(self, scans: Iterable[Scan]) -> None:
        """Takes what is told anew of scans that are known."""
        with self._lock:
            for scan in scans:
                known = self._scans.get(scan.name)
                if known is not None and known.identity == scan.identity:
                    self._scans[scan.name] = scan

    def update_progress(self, scans: Iterable[Scan]) -> None:
        """Takes all but the state, which events tell in their order."""
        with self._lock:
            for scan in scans:
                known = self._scans.get(scan.name)
                if known is not None and known.identity == scan.identity:
                    self._scans[scan.name] = known._replace(
                        urls=scan.urls, progress=scan.progress, rows=scan.rows, expected=scan.expected
                    )

    def purge(self) -> None:
        """Hides what finished well, until the service tells of something newer."""
        with self._lock:
            well = [scan for scan in self._scans.values() if scan.state == "OFF" and not scan.is_live]
            for scan in well:
                self._purged.add(scan.identity)
                del self._scans[scan.name]

    def _is_hidden(self, scan: Scan) -> bool:
        if scan.identity not in self._purged:
            return False
        if scan.state == "OFF":
            return True
        # It was taken up again.
        self._purged.discard(scan.identity)
        return False
