"""Made scans with what benchmarks ask for besides: frames, values as a detector counts them, the time of publication."""
import time
import numpy
import made_scans

TEMPLATES = 16

class Counts(made_scans.Channel):
    """Spectra or frames of Poisson noise on a peak: they compress as measured ones do, not as a formula would."""
    def __init__(self, scan, number, name, dtype, shape):
        super().__init__(scan, number, name, dtype, 0)
        self.shape = tuple(shape)
        axes = numpy.meshgrid(*(numpy.linspace(-1, 1, length) for length in shape), indexing="ij")
        mean = 20 + 200 * numpy.exp(-8 * sum(axis ** 2 for axis in axes))
        self.templates = numpy.random.default_rng(number).poisson(mean, (TEMPLATES,) + self.shape).astype(dtype)

    def values(self, first, count):
        return self.templates[numpy.arange(first, first + count) % TEMPLATES]

class Epoch(made_scans.Channel):
    """When the point was published, in seconds since the epoch."""
    def __init__(self, scan):
        super().__init__(scan, 900, "timer:epoch", "f8", 0)

    def values(self, first, count):
        return numpy.full(count, time.time())

class Scan(made_scans.Scan):
    """
    `frames` channels of `size` x `size` uint16. Scalars are float64, as BLISS counters mostly are. Without a rate it is
    published as fast as Redis takes it. Redis keeps all events, or `maxlen` of a channel.
    """
    def __init__(self, number, points, rate=None, channels=0, spectra=0, length=4096, frames=0, size=1024, epoch=False, maxlen=10 ** 9, **more):
        super().__init__(number, points, rate, channels=channels, maxlen=maxlen, **more)
        for channel in self.channels: channel.dtype = numpy.dtype("f8")
        self.channels += [Epoch(self)] if epoch else []
        self.channels += [Counts(self, 500 + n, f"ctrl:spectrum{n:02d}", "u4", (length,)) for n in range(spectra)]
        self.channels += [Counts(self, 800 + n, f"ctrl:image{n:02d}", "u2", (size, size)) for n in range(frames)]

    @property
    def point_bytes(self):
        return sum(channel.dtype.itemsize * int(numpy.prod(channel.shape)) for channel in self.channels)
