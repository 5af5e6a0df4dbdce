"""XADD commands of data streams, many at a time: what one event costs in Python is paid once for many.

Events of one channel with as many points, whose ids have as many digits, differ only in the digits of the id and in the
bytes of the values. So one of them is encoded, the places of both are found in it, and they are filled in for all.
"""
import numpy
import made_scans

def encoded(command):
    """The bytes of a command as clients send it."""
    parts = [part if isinstance(part, bytes) else str(part).encode() for part in command]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)

class Events:
    """Encodes the data events of a channel."""
    def __init__(self, channel):
        self.channel, self.templates = channel, {}

    def encode(self, first, values, block):
        """Events of at most `block` points from index `first` on; returns (bytes, number of commands)."""
        parts, commands, at = [], 0, 0
        while at < len(values):
            id = first + at + 1
            digits, count = len(str(id)), min(block, len(values) - at)
            same = min((len(values) - at) // count, -(-(10 ** digits - id) // count))
            parts.append(self.similar(id, values[at:at + same * count], count, digits))
            commands, at = commands + same, at + same * count
        return b"".join(parts), commands

    def similar(self, id, values, count, digits):
        """Events of `count` points whose ids have `digits` digits."""
        template, id_at, data_at = self.template(count, digits)
        events = len(values) // count
        data = numpy.ascontiguousarray(values).view("u1").reshape(events, -1)
        made = numpy.tile(template, (events, 1))
        made[:, data_at:data_at + data.shape[1]] = data
        ids = id + numpy.arange(events, dtype="i8") * count
        for digit in range(digits): made[:, id_at + digit] = ids // 10 ** (digits - 1 - digit) % 10 + ord("0")
        return made.tobytes()

    def template(self, count, digits):
        key = (count, digits)
        if key not in self.templates:
            channel = self.channel
            size = count * channel.dtype.itemsize * int(numpy.prod(channel.shape))
            pattern = numpy.random.default_rng(size).bytes(size)
            values = numpy.frombuffer(pattern, channel.dtype).reshape((count,) + channel.shape)
            command = encoded(made_scans.data_event(channel, 10 ** (digits - 1) - 1, values))
            id = b"\r\n%d-0\r\n" % 10 ** (digits - 1)
            if command.count(id) != 1 or command.count(pattern) != 1: raise ValueError("no place for id or data")
            self.templates[key] = numpy.frombuffer(command, "u1"), command.index(id) + 2, command.index(pattern)
        return self.templates[key]
