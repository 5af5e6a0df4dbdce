"""A connection to Redis that sends encoded commands and only counts the replies."""
import socket
import urllib.parse

class RawConnection:
    def __init__(self, url):
        address = urllib.parse.urlparse(url)
        self.socket = socket.create_connection((address.hostname, address.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        database = address.path.strip("/")
        if database: self.send(b"SELECT %d\r\n" % int(database), 1, lines=1)

    def send(self, data, commands, lines=2):
        """@param lines of a reply: an id is a length and a text"""
        self.socket.sendall(data)
        expected, ends, last = commands * lines, 0, b""
        while ends < expected:
            reply = self.socket.recv(1 << 20)
            if not reply: raise ConnectionError("Redis closed the connection")
            text = last + reply
            if text.startswith(b"-") or b"\n-" in text: raise ValueError(text[:200])
            ends += reply.count(b"\r\n") + (1 if last == b"\r" and reply.startswith(b"\n") else 0)
            last = reply[-1:]
