"""Follows the service's stream of events, and comes back when it is cut off."""

from __future__ import annotations

import http.client
import json
import threading
from typing import Any, Callable, Dict, Iterator, NamedTuple, Optional, Tuple

from .service import ServiceClient

# The service shows every 15 s that it is there.
SILENCE_SECONDS = 40.0
FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 5.0


class Event(NamedTuple):
    """`kind` as docs/http-api.md names it; `lost` when the stream ends."""

    kind: str
    data: Dict[str, Any]


class EventStream(threading.Thread):
    """Gives each event to `tell`, from a thread of its own."""

    def __init__(self, client: ServiceClient, tell: Callable[[Event], None]) -> None:
        super().__init__(name="events", daemon=True)
        self._client = client
        self._tell = tell
        self._last_id: Optional[str] = None
        self._is_ended = threading.Event()

    def end(self) -> None:
        self._is_ended.set()

    def run(self) -> None:
        wait = FIRST_WAIT_SECONDS
        while not self._is_ended.is_set():
            try:
                response = self._client.events(self._last_id, SILENCE_SECONDS)
                with response:
                    wait = FIRST_WAIT_SECONDS
                    for event_id, event in read_events(response):
                        self._last_id = event_id or self._last_id
                        self._tell(event)
            except (OSError, http.client.HTTPException):
                wait = min(wait * 2, LONGEST_WAIT_SECONDS)
            self._tell(Event("lost", {}))
            self._is_ended.wait(wait)


def read_events(response: http.client.HTTPResponse) -> Iterator[Tuple[str, Event]]:
    """Events with their ids, until the stream ends."""
    fields: Dict[str, str] = {}
    for raw in response:
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        if line:
            name, _, value = line.partition(":")
            fields[name] = value[1:] if value.startswith(" ") else value
            continue
        if "event" in fields:
            yield fields.get("id", ""), Event(fields["event"], _data(fields.get("data", "")))
        fields = {}


def _data(text: str) -> Dict[str, Any]:
    try:
        data = json.loads(text)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
