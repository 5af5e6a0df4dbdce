"""The HTTP interface of the writer service, over TCP or a Unix socket. Every request has a time limit."""

from __future__ import annotations

import http.client
import json
import socket
import time
from typing import Any, Dict, Mapping, Optional
from urllib.parse import quote, urlencode

Json = Dict[str, Any]


class ServiceUnreachable(Exception):
    """Nobody answers, or not in time. The text is a sentence without its full stop."""

    def __init__(self, text: str, is_timeout: bool = False) -> None:
        super().__init__(text)
        self.is_timeout = is_timeout


class ServiceRefused(Exception):
    """The service answers with an error; the text is its own sentence."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class ServiceAddress:
    """Where the service listens: `HOST:PORT`, `PORT` on this machine, or `unix:PATH`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.path = text[len("unix:") :] if text.startswith("unix:") else None
        host, _, port = text.rpartition(":")
        self.host, self.port = host.strip("[]") or "127.0.0.1", 0
        if self.path is None:
            if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
                raise ValueError(f"{text} is no address of the writer service: give HOST:PORT or unix:PATH.")
            self.port = int(port)
        elif not self.path:
            raise ValueError("unix: needs the path of a socket: unix:/run/scan-writer.sock.")

    def connection(self, timeout: float) -> http.client.HTTPConnection:
        if self.path is None:
            return http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        return UnixConnection(self.path, timeout)


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class ServiceClient:
    """Asks the service. Each request has a connection of its own, so that any thread may ask."""

    def __init__(self, address: ServiceAddress, token: Optional[str] = None) -> None:
        self.address = address
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def get(self, path: str, query: Optional[Mapping[str, object]] = None, timeout: float = 2.0) -> Json:
        return self._ask("GET", path + (f"?{urlencode(query)}" if query else ""), None, timeout)

    def post(self, path: str, body: Optional[Json] = None, timeout: float = 2.0) -> Json:
        return self._ask("POST", path, None if body is None else json.dumps(body), timeout)

    def events(self, last_id: Optional[str], timeout: float) -> http.client.HTTPResponse:
        """The stream of events. To be closed by who reads it."""
        headers = dict(self._headers) if last_id is None else {**self._headers, "Last-Event-ID": last_id}
        connection = self.address.connection(timeout)
        try:
            connection.request("GET", "/api/events", headers=headers)
            response = connection.getresponse()
            if response.status != 200:
                raise http.client.HTTPException(f"status {response.status}")
        except BaseException:
            connection.close()
            raise
        return response

    def _ask(self, method: str, path: str, body: Optional[str], timeout: float) -> Json:
        """`timeout` is for all of it. Raises ServiceUnreachable and ServiceRefused."""
        end = time.monotonic() + timeout
        connection = self.address.connection(timeout)
        try:
            connection.connect()
            connection.sock.settimeout(max(0.05, end - time.monotonic()))
            connection.request(method, path, body, self._headers)
            response = connection.getresponse()
            status, text = response.status, response.read()
        except socket.timeout as error:
            raise ServiceUnreachable(f"no answer within {timeout:g} s", is_timeout=True) from error
        except (OSError, http.client.HTTPException) as error:
            raise ServiceUnreachable(str(error) or type(error).__name__) from error
        finally:
            connection.close()
        return _body(status, text)


def _body(status: int, text: bytes) -> Json:
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if 200 <= status < 300 and isinstance(body, dict):
        return body
    error = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    raise ServiceRefused(status, str(message or f"The writer service answers with status {status}."))


def scan_path(db_name: str, what: str = "") -> str:
    """The address of a scan, or of something of it."""
    return f"/api/scans/{quote(db_name, safe='')}" + (f"/{what}" if what else "")


def session_path(session: str, what: str) -> str:
    return f"/api/sessions/{quote(session, safe='')}/{what}"
