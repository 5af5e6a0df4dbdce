"""Takes pictures of plots on a display, and tells what is to be seen in them. Used by shoot_pymca.py and shoot_silx.py.

A request is one of seen.py with "picture", the name of the PNG to write. An answer has of the plot that is on the display:
  contents   name and shape of each curve, of the scatter or of the image
  labels     of the x and the y axis
  drawn      the part of the points where the picture, read again, has ink; of an image 1 when it has enough colours
"""
import time
import numpy
from silx.gui import qt
from silx.gui.plot import items

TIMEOUT_SECONDS = 60

def wait_for(condition, what):
    """Lets Qt work until the condition gives something, and returns that."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        qt.QApplication.processEvents(qt.QEventLoop.AllEvents, 50)
        found = condition()
        if found: return found
        if time.monotonic() > deadline: raise TimeoutError(f"no {what} after {TIMEOUT_SECONDS} s")
        time.sleep(0.02)

def prepare(window):
    """Shows a window alone, large enough for its plots."""
    window.setGeometry(0, 0, 1280, 800)
    window.show()
    wait_for(lambda: window.windowHandle() is not None and window.windowHandle().isExposed(), "window")

def take(window, kind, path):
    """Waits until a plot of the window has drawn what was asked for, saves the display and says what is on it."""
    plot = wait_for(lambda: next((plot for plot in plots(window) if contents(plot, kind)), None), f"plot of {kind}")
    image = wait_for(lambda: whole(grab(), plot, kind), f"{kind} that is drawn")
    assert image.save(path), path
    return {
        "contents": [[name, numpy.shape(values)[:2]] for name, _, values in contents(plot, kind)],
        "labels": [plot.getGraphXLabel(), plot.getGraphYLabel()],
        "drawn": drawn(qt.QImage(path), plot, kind),
    }

def whole(image, plot, kind):
    return image if drawn(image, plot, kind) == 1 else None

def grab():
    return qt.QApplication.primaryScreen().grabWindow(0).toImage()

def plots(window):
    """Visible plots, of silx and of PyMca, which has its own for curves and images."""
    return [widget for widget in window.findChildren(qt.QWidget) if hasattr(widget, "getGraphXLabel") and widget.isVisible()]

def contents(plot, kind):
    """Name, x and y of the curves of a plot or of the points of its scatters, or name, None and pixels of its image."""
    if hasattr(plot, "getItems"):
        scatters = [item for item in plot.getItems() if isinstance(item, items.Scatter)]
        curves = [item for item in plot.getItems() if isinstance(item, items.Curve)]
        points = [[item.getName(), item.getXData(), item.getYData()] for item in (scatters if kind == "mesh" else curves)]
        images = [[item.getName(), None, item.getData()] for item in plot.getItems() if isinstance(item, items.ImageData)]
    else:
        points = [[name, x, y] for x, y, name, _ in plot.getAllCurves()]
        images = [[name, None, data] for data, name, *_ in [plot.getActiveImage() or ([], "")]]
    return [content for content in (images if kind == "images" else points) if numpy.size(content[2])]

def drawn(image, plot, kind):
    """The part of the points of the first curve or scatter with ink around them. Of an image 1 when it has enough colours."""
    colours = pixels(image)
    (left, right), (bottom, top) = plot.getGraphXLimits(), plot.getGraphYLimits()
    corners = [on_display(plot, left, bottom), on_display(plot, right, top)]
    if None in corners: return 0.0
    (low_x, high_x), (low_y, high_y) = (sorted(values) for values in zip(*corners))
    inside = colours[low_y + 2 : high_y - 1, low_x + 2 : high_x - 1]
    found, counts = numpy.unique(inside, return_counts=True)
    (_, xs, ys), *_ = contents(plot, kind)
    if kind == "images": return float(len(found) >= min(20, len(numpy.unique(ys)) / 2))
    ink = colours != found[counts.argmax()]
    hits = [has_ink(ink, on_display(plot, x, y)) for x, y in zip(xs, ys)]
    return sum(hits) / len(hits)

def has_ink(ink, point):
    if point is None: return False
    x, y = point
    return bool(ink[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3].any())

def on_display(plot, x, y):
    """The pixel of a point, None for one that is outside of the plot."""
    pixel = plot.dataToPixel(x, y)
    if pixel is None: return None
    widget = plot.getWidgetHandle()
    x, y = pixel
    if not hasattr(plot, "getItems"): y = widget.height() - y  # PyMca counts from below
    point = widget.mapToGlobal(qt.QPoint(int(x), int(y)))
    return point.x(), point.y()

def pixels(image):
    """Colours by row and column."""
    image = image.convertToFormat(qt.QImage.Format_RGB32)
    bits = image.constBits()
    bits.setsize(image.bytesPerLine() * image.height())
    return numpy.frombuffer(bits, dtype="<u4").reshape(image.height(), -1)[:, : image.width()].copy()
