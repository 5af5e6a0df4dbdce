"""A scan as the service tells of it. Nothing is trusted to be there or to have its type."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

STATES = ("INIT", "ON", "OFF", "FAULT")


class Progress(NamedTuple):
    """What is on disk of the channels of one dimension, in one entry."""

    entry: str
    ndim: int
    channels: int
    least: int
    most: int


class Scan(NamedTuple):
    """`state` is one of STATES, or UNKNOWN when the service does not tell."""

    db_name: str
    name: str
    session: str
    start_time: str
    end_time: str
    is_live: bool
    state: str
    reason: str
    urls: Tuple[str, ...]
    progress: Tuple[Progress, ...]
    rows: int
    expected: int

    @property
    def identity(self) -> Tuple[str, str]:
        """The same db_name may come again after Redis was flushed."""
        return self.db_name, self.start_time

    @property
    def duration(self) -> Optional[timedelta]:
        """Until now for a scan that runs; None when nobody knows."""
        start = _time(self.start_time)
        end = _time(self.end_time) or (datetime.now().astimezone() if self.is_live else None)
        return None if start is None or end is None else max(timedelta(0), end - start)

    @property
    def local_start(self) -> str:
        return _local(self.start_time) or "unknown"

    @property
    def local_end(self) -> str:
        return _local(self.end_time) or "not finished"


def scan_of(told: Any) -> Optional[Scan]:
    """None for what has no name."""
    if not isinstance(told, dict) or not isinstance(told.get("scan"), str):
        return None
    db_name: str = told["scan"]
    bliss = told.get("bliss")
    bliss = bliss if isinstance(bliss, dict) else {}
    state = bliss.get("state")
    reason = "The writer service does not tell the state: it is older than this device server."
    return Scan(
        db_name=db_name,
        name=_text(told.get("name")) or db_name.rpartition(":")[2],
        session=_text(told.get("session")) or db_name.partition(":")[0],
        start_time=_text(told.get("start_time")),
        end_time=_text(told.get("end_time")),
        is_live=told.get("is_live") is True,
        state=state if state in STATES else "UNKNOWN",
        reason=_text(bliss.get("reason")) if state in STATES else reason,
        urls=tuple(url for url in _list(told.get("urls")) if isinstance(url, str)),
        progress=tuple(_progress(each) for each in _list(told.get("progress")) if isinstance(each, dict)),
        rows=_count(told.get("rows")),
        expected=_count(told.get("expected"), -1),
    )


def _progress(told: Dict[str, Any]) -> Progress:
    counts = [_count(told.get(name)) for name in ("ndim", "channels", "least", "most")]
    return Progress(_text(told.get("entry")), *counts)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Any) -> List[Any]:
    return value if isinstance(value, list) else []


def _count(value: Any, otherwise: int = 0) -> int:
    return value if isinstance(value, int) else otherwise


def _time(text: str) -> Optional[datetime]:
    try:
        # Python before 3.11 does not know Z.
        return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone()
    except ValueError:
        return None


def _local(text: str) -> str:
    time = _time(text)
    return "" if time is None else time.strftime("%Y-%m-%d %H:%M:%S")
