"""Makes the corpus of pickles with CPython and numpy, and what each of them must decode to.

    PYTHONHASHSEED=0 python3 corpus.py ../../fixtures/pickles/corpus.jsonl.gz
    PYTHONHASHSEED=0 python3 corpus.py --all FILE       also the large values

Made with CPython 3.11 and numpy 1.24. A line is {"name", "protocol", "pickle" (base64), "expected"}; "expected" is
the canonical form of `canonical` below, of which test/subscriber/pickle/canonical.ts is the counterpart.
"""

import base64
import collections
import datetime
import decimal
import enum
import fractions
import gzip
import hashlib
import io
import json
import pathlib
import pickle
import struct
import sys
import types
import uuid

import numpy

numpy.seterr(all="ignore")
PROTOCOLS = range(6)


# Classes of a package that exists only here: whoever reads the pickles cannot know them


class Thing:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class MyError(RuntimeError):
    def __init__(self, message, code=3):
        super().__init__(message)
        self.code = code


class Slots:
    __slots__ = ("a", "b")


class Color(enum.Enum):
    RED = 1
    BLUE = "b"


class Level(enum.IntEnum):
    LOW = 1


class Named(collections.namedtuple("Named", "x y")):
    pass


class WithKeywords:
    def __new__(cls, *, a):
        return object.__new__(cls)

    def __getnewargs_ex__(self):
        return ((), {"a": 1})


class ListSubclass(list):
    pass


class DictSubclass(dict):
    pass


def publish(module_name, *classes):
    parts = module_name.split(".")
    for end in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:end]), types.ModuleType(parts[end - 1]))
    for cls in classes:
        cls.__module__ = module_name
        setattr(sys.modules[module_name], cls.__name__, cls)


publish(
    "somewhere.module",
    *(Thing, MyError, Slots, Color, Level, Named, WithKeywords, ListSubclass, DictSubclass),
)


# Canonical form


def number(value):
    return "nan" if value != value else struct.pack(">d", value).hex()


def full_name(obj):
    return f"{obj.__module__}.{obj.__qualname__}"


def canonical_dtype(dtype):
    if dtype.subdtype:
        base, shape = dtype.subdtype
        return [canonical_dtype(base), list(shape)]
    if dtype.names:
        fields = [[canonical_dtype(dtype.fields[name][0]), dtype.fields[name][1]] for name in dtype.names]
        return {"names": list(dtype.names), "fields": fields, "size": dtype.itemsize}
    return dtype.str


def canonical_array(array):
    array = numpy.asarray(array)
    if array.dtype.names is None and array.dtype.kind != "V":
        array = array.astype(array.dtype.newbyteorder("<"))
    content = numpy.ascontiguousarray(array).tobytes()
    if array.dtype.char in "gG":
        content = b"".join(content[start : start + 10] for start in range(0, len(content), 16))  # the rest is padding
    return {"array": [canonical_dtype(array.dtype), list(array.shape), hashlib.sha1(content).hexdigest()]}


def canonical(value, above=()):
    """Exact: int and float, list and tuple, str and bytes stay different."""
    for steps, container in enumerate(reversed(above), 1):
        if container is value:
            return {"recursion": steps}
    sub = lambda item: canonical(item, (*above, value))
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (numpy.ma.MaskedArray, enum.Enum)):
        return {"object": full_name(type(value))}
    if isinstance(value, numpy.ndarray) and value.dtype == object:
        return {"objects": [list(value.shape), [sub(item) for item in value.ravel(order="C").tolist()]]}
    if isinstance(value, (numpy.ndarray, numpy.generic)):
        return canonical_array(value)
    if isinstance(value, numpy.dtype):
        return {"dtype": canonical_dtype(value)}
    if type(value) is int:
        return {"int": str(value)} if value.bit_length() < 10_000 else {"int": hex(value)}
    if type(value) is float:
        return {"float": number(value)}
    if type(value) is complex:
        return {"complex": [number(value.real), number(value.imag)]}
    if type(value) is str:
        return {"str": value.encode("utf-16-be", "surrogatepass").hex()}
    if type(value) in (bytes, bytearray):
        return {"bytes": f"{hashlib.sha1(value).hexdigest()} {len(value)}"}
    if type(value) in (list, collections.deque):
        return {"list": [sub(item) for item in value]}
    if type(value) is tuple:
        return {"tuple": [sub(item) for item in value]}
    if type(value) in (dict, collections.OrderedDict, collections.defaultdict, collections.Counter):
        return {"dict": [[sub(key), sub(item)] for key, item in value.items()]}
    if type(value) in (set, frozenset):
        return {"set": sorted(json.dumps(sub(item), separators=(",", ":")) for item in value)}
    if isinstance(value, datetime.datetime):
        offset = value.utcoffset()
        fields = [*value.timetuple()[:6], value.microsecond, value.fold]
        return {"datetime": [*fields, None if offset is None else offset.total_seconds()]}
    if isinstance(value, datetime.date):
        return {"date": [value.year, value.month, value.day]}
    if isinstance(value, datetime.time):
        return {"time": [value.hour, value.minute, value.second, value.microsecond, value.fold]}
    if isinstance(value, datetime.timedelta):
        return {"timedelta": [value.days, value.seconds, value.microseconds]}
    if isinstance(value, type) or isinstance(value, types.BuiltinFunctionType):
        return {"global": full_name(value)}
    if value is Ellipsis or value is NotImplemented:
        return {"global": f"builtins.{value!r}"}
    return {"object": full_name(type(value))}


# Values


def integers():
    powers = [2**31 - 1, 2**31, 2**40, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 2**100]
    for value in [0, 1, 2, 127, 255, 256, 65535, 65536, *powers, 10**400, 2**2100]:
        for signed in {value, -value, ~value}:
            sign = "minus_" if signed < 0 else ""
            yield f"int_{signed}" if abs(signed) < 2**64 else f"int_{sign}{signed.bit_length()}_bits_{abs(signed) % 1000}", signed


def texts_and_bytes():
    texts = dict(
        empty="",
        ascii="abc",
        latin="é±µ",
        cjk="日本語",
        emoji="😀x",
        lines="a\nb\r\tc",
        quotes="it's \"q\"",
        escapes="\\u0041\\n",
        nul="\x00a\x00",
        surrogate="x\ud800y",
        replacement="a\ufffdb",
        replacement_and_surrogate="\ufffd\udc80",
        length_255="a" * 255,
        length_256="b" * 256,
        length_300="éa" * 150,
    )
    for name, text in texts.items():
        yield f"str_{name}", text
    for name, content in dict(empty=b"", ascii=b"abc", all=bytes(range(256)), length_400=bytes(range(200)) * 2).items():
        yield f"bytes_{name}", content
        yield f"bytearray_{name}", bytearray(content)


def containers():
    yield "list_empty", []
    yield "list_one", [1]
    yield "list_mixed", [1, "a", None, 2.5, [], (), {}]
    yield "list_1001_texts", [str(i) for i in range(1001)]
    for length in range(5):
        yield f"tuple_{length}", tuple(range(length))
    yield "tuple_nested", ((1, (2, (3,))),)
    yield "dict_empty", {}
    yield "dict_one", {"a": 1}
    yield "dict_keys", {1: "i", (1, 2): "t", None: "n", b"x": "b", 2.5: "f", True: "dup", frozenset([1]): "fs"}
    names = ["__proto__", "constructor", "length", "toString", "__setstate__", "hasOwnProperty"]
    yield "dict_javascript_names", {name: {"index": index} for index, name in enumerate(names)}
    yield "dict_order", {"b": 1, "10": 2, "a": 3, "2": 4}
    yield "ordered_dict", collections.OrderedDict([("z", 1), ("a", 2)])
    yield "deque", collections.deque([1, 2], 5)
    yield "counter", collections.Counter("aab")
    yield "defaultdict", collections.defaultdict(list, {"a": [1]})
    yield "set", {1, 2, "a"}
    yield "set_empty", set()
    yield "frozenset", frozenset([1, "b"])
    yield "frozenset_empty", frozenset()
    shared = [1, 2]
    yield "shared", [shared, shared, {"a": shared}]
    recursive_list = []
    recursive_list.append(recursive_list)
    yield "recursive_list", recursive_list
    recursive_dict = {}
    recursive_dict["me"] = recursive_dict
    yield "recursive_dict", recursive_dict
    inner = []
    recursive_tuple = (inner,)
    inner.append(recursive_tuple)
    yield "recursive_tuple", recursive_tuple
    recursive_object = Thing()
    recursive_object.me = recursive_object
    yield "recursive_object", recursive_object
    deep = []
    for _ in range(150):
        deep = [deep]
    yield "deep_150", deep


def times():
    day = (2021, 7, 28, 8, 45, 9)
    east = datetime.timezone(datetime.timedelta(hours=2), "CEST")
    yield "datetime_naive", datetime.datetime(*day, 123456)
    yield "datetime_utc", datetime.datetime(*day, 1, tzinfo=datetime.timezone.utc)
    yield "datetime_zone", datetime.datetime(*day, tzinfo=east)
    yield "datetime_fold", datetime.datetime(2021, 10, 31, 2, 30, fold=1)
    yield "datetime_first", datetime.datetime(1, 1, 1)
    yield "date", datetime.date(2021, 7, 28)
    yield "time", datetime.time(1, 2, 3, 4)
    yield "time_fold", datetime.time(1, 2, 3, 4, fold=1)
    yield "timedelta", datetime.timedelta(days=-3, seconds=5, microseconds=7)


def objects():
    yield "complex", 3 - 4.5j
    yield "decimal", decimal.Decimal("1.10")
    yield "fraction", fractions.Fraction(1, 3)
    yield "range", range(1, 9, 2)
    yield "slice", slice(1, None, 2)
    yield "ellipsis", ...
    yield "not_implemented", NotImplemented
    yield "uuid", uuid.UUID(int=5)
    yield "path", pathlib.PurePosixPath("/data/x")
    yield "enum", Color.RED
    yield "enum_text", Color.BLUE
    yield "int_enum", Level.LOW
    yield "namedtuple", Named(1, 2)
    yield "keyword_arguments", WithKeywords(a=1)
    yield "list_subclass", ListSubclass([1, 2])
    yield "dict_subclass", DictSubclass(a=1)
    slots = Slots()
    slots.a, slots.b = 1, [2]
    yield "slots", slots
    yield "object", Thing(a=1, b=Thing(c=2))
    yield "keyboard_interrupt", KeyboardInterrupt()
    yield "runtime_error", RuntimeError("boom")
    yield "own_error", MyError("bad", 7)
    yield "os_error", FileNotFoundError(2, "No such", "f")
    yield "nested_error", {"exception": ValueError("x", {"a": (1,)})}
    yield "class_int", int
    yield "class_own", Thing
    yield "function_len", len
    yield "class_float64", numpy.float64
    yield "class_uint32", numpy.uint32


DTYPES = "? b B h H i I l L q Q e f d g F D G >i2 >i4 >i8 >u2 >f4 >f8 >f16 >c8 >c16 S5 S0 U4 >U4 V8 O".split()
TIME_DTYPES = "M8[ns] M8[D] M8 m8[us] m8 >M8[s] M8[25s]".split()


def twelve_elements(dtype):
    if dtype.kind == "S":
        return numpy.array([b"ab", b"cdefg", b""] * 4, dtype=dtype)
    if dtype.kind == "U":
        return numpy.array(["ab", "é日", "😀"] * 4, dtype=dtype)
    if dtype.kind == "V":
        return numpy.arange(12, dtype="u8").view("V8")
    if dtype.kind == "O":
        content = numpy.empty(12, dtype=object)
        content[:] = [1, "a", None, [1], {"k": 2}, (3,)] * 2
        return content
    if dtype.kind in "mM":
        if "[" not in dtype.str:
            return numpy.full(12, "NaT", dtype=dtype)
        return numpy.arange(12).astype("i8").view(dtype.newbyteorder("=")).astype(dtype)
    if dtype.kind in "fc":
        return (numpy.arange(12) * 1.5 - 3).astype(dtype)
    return (numpy.arange(12) * 37 - 100).astype(dtype)


def arrays():
    for code in DTYPES + TIME_DTYPES:
        dtype = numpy.dtype(code)
        elements = twelve_elements(dtype)
        yield f"dtype_{code}", dtype
        yield f"array_{code}", elements
        yield f"array_2d_{code}", elements.reshape(3, 4)
        yield f"array_fortran_{code}", numpy.asfortranarray(elements.reshape(3, 4))
        yield f"array_0d_{code}", elements[:1].reshape(())
        yield f"array_empty_{code}", elements[:0].reshape(0, 3)
        if dtype.kind != "O":
            yield f"array_scalar_{code}", elements[3]
    records = numpy.zeros(3, dtype=[("a", "<i4"), ("b", ">f8", (2,)), ("s", "S3"), ("n", [("x", "u1"), ("y", "<c8")])])
    records["a"] = [1, 2, 3]
    yield "array_records", records
    yield "array_record_scalar", records[1]
    yield "array_records_aligned", numpy.zeros(2, dtype=numpy.dtype([("a", "u1"), ("b", "<f8")], align=True))
    spread = {"names": ["p", "q"], "formats": ["<i2", "<f4"], "offsets": [2, 8], "itemsize": 16}
    yield "array_records_spread", numpy.zeros(2, dtype=numpy.dtype(spread))
    yield "array_records_titled", numpy.zeros(2, dtype=[(("title", "t"), "<f8"), ("i", "<i4")])
    yield "dtype_metadata", numpy.dtype("f8", metadata={"h5": 1})
    yield "dtype_subarray", numpy.dtype(("<f4", (3, 2)))
    yield "array_slice", numpy.arange(100).reshape(10, 10)[::2, 1:7:3]
    yield "array_transposed", numpy.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1)
    yield "array_backwards", numpy.arange(10)[::-1]
    yield "array_broadcast", numpy.broadcast_to(numpy.float32(3), (4, 5))
    yield "array_5d", numpy.arange(240, dtype="u2").reshape(2, 3, 4, 5, 2)
    yield "array_fortran_3d", numpy.asfortranarray(numpy.arange(24, dtype="u2").reshape(2, 3, 4))
    read_only = numpy.arange(4.0)
    read_only.setflags(write=False)
    yield "array_read_only", read_only
    yield "array_masked", numpy.ma.array([1.0, 2, 3], mask=[0, 1, 0])
    yield "array_recarray", numpy.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])
    yield "array_matrix", numpy.matrix([[1, 2], [3, 4]])
    yield "array_list", [numpy.arange(3), numpy.float64(2.5), numpy.int64(-7)]
    shared = numpy.arange(3)
    yield "array_shared", [shared, shared]
    mixed = numpy.empty(3, dtype=object)
    mixed[:] = [numpy.arange(2), numpy.arange(3), None]
    yield "array_in_objects", mixed


def written():
    """Arrays, and as text (or doubles) what Python and numpy make of each element."""
    numbers = [0.0, -0.0, 2.0, 0.1, 1 / 3, 1e15, 1e16, 123456789.125, 1e-4, 0.00015, 1e-5, -1.5e-7, 1e22, 1e100]
    floats = numpy.array([*numbers, 5e-324, 1.7e308, float("nan"), -float("inf"), 1 + 0j, 2j, -0.5 - 1e-7j], dtype=object)
    others = [True, -(2**70), "it's", b"ab", (1, "x'y\n", 2.5, None), {"k": [b"\x00\\"]}, {3}, set(), [()], numpy.int8(3)]
    yield "array_written_objects", numpy.array([*floats, None], dtype=object)
    yield "array_written_objects_text", numpy.array([str(value) for value in [*floats, None]])
    mixed = numpy.empty(len(others), dtype=object)
    mixed[:] = others
    yield "array_written_mixed", mixed
    decoded = [value.decode() if isinstance(value, bytes) else str(value) for value in others]
    yield "array_written_mixed_text", numpy.array(decoded)
    for unit in "Y M W D h m s ms us ns ps 7D 25s".split():
        edge = 2**62 if unit == "ns" else 10**9
        times = numpy.array([0, 1, -1, 59, -12, 13, 11016, -25567, edge, -edge], dtype=f"M8[{unit}]")
        yield f"array_written_{unit}", times
        yield f"array_written_{unit}_text", numpy.datetime_as_string(times)
    texts = ["0.1", "5e-324", "7e-324", "1e-310", "inf", "-inf", "nan", "-0", "1.7e308"]
    texts += ["2.225073858507201e-308", "0.33333333333333333333", "9007199254740993", "1.00000000000000011102"]
    beyond_double = [sign * numpy.longdouble(2) ** power for sign in (1, -1) for power in (4000, -1060, -4000)]
    long_doubles = numpy.array([*map(numpy.longdouble, texts), *beyond_double])
    yield "array_written_long_doubles", long_doubles
    yield "array_written_long_doubles_double", long_doubles.astype("d")


def like_bliss():
    yield "bliss_description", {"shape": (), "dtype": numpy.dtype("float64"), "unit": "mm", "saved": False}
    yield "bliss_description_by_class", {"dtype": numpy.float64, "shape": (2,), "unit": None}
    names = ["lima_acq_nb", "buffer_max_number", "last_image_acquired", "last_image_ready", "last_image_saved"]
    yield "bliss_image_status", dict(zip(names, [5, 10, 4, 4, -1]))
    source = {"@NX_class": "NXsource", "current": numpy.float32(190.5)}
    yield "bliss_scan_info", {
        "name": "ascan",
        "npoints": 10,
        "count_time": 0.1,
        "start": [0.0],
        "positioners": {"positioners_start": {"roby": 0.0, "robz": numpy.float64(1)}},
        "start_time": datetime.datetime(2021, 7, 28, 8, 45, 9, 99),
        "start_timestamp": 1627460709.1,
        "acquisition_chain": {"axis": {"devices": ["a", "b"]}},
        "data_writer": "nexus",
        "state": Color.RED,
        "instrument": {"@NX_class": "NXinstrument", "machine": source},
    }


def large():
    yield "str_70000", "z" * 70000
    yield "str_70000_cjk", "日" * 70000
    yield "bytes_70000", b"\xff\x00" * 35000
    yield "bytearray_70000", bytearray(b"\xff\x00" * 35000)
    yield "list_2500", list(range(2500))
    yield "dict_2500", {f"k{i}": i for i in range(2500)}
    yield "set_2500", set(range(2500))
    yield "array_image", (numpy.arange(64 * 64) % 251).astype("u4").reshape(64, 64)


def values(with_large):
    for constant in None, True, False:
        yield str(constant), constant
    yield from integers()
    for value in [0.0, -0.0, 1.5, -2.25, float("nan"), float("inf"), -float("inf"), 1.7e308, 5e-324, 0.1, 2.0]:
        yield f"float_{value}", value
    for group in texts_and_bytes, containers, times, objects, arrays, written, like_bliss:
        yield from group()
    if with_large:
        yield from large()


# Pickles


def dumps_as_numpy_2(value, protocol):
    """With the module names of numpy >= 2."""
    for name in "numpy._core", "numpy._core.multiarray", "numpy._core.numeric", "numpy._core._multiarray_umath":
        old = name.replace("_core", "core", 1)
        sys.modules[name] = sys.modules.get(old) or __import__(old, fromlist=["x"])
    original = pickle.whichmodule
    pickle.whichmodule = lambda obj, name: original(obj, name).replace("numpy.core", "numpy._core")
    try:
        file = io.BytesIO()
        pickle._Pickler(file, protocol).dump(value)
        return file.getvalue()
    finally:
        pickle.whichmodule = original


def cases(with_large):
    for name, value in values(with_large):
        for protocol in PROTOCOLS:
            try:
                content = pickle.dumps(value, protocol)
            except (TypeError, pickle.PicklingError, RecursionError):
                continue  # such as slots before protocol 2
            expected = canonical(pickle.loads(content))
            yield name, protocol, content, expected
            if protocol in (2, 4, 5) and name.startswith(("array", "dtype", "bliss")):
                yield f"{name} (numpy 2)", protocol, dumps_as_numpy_2(value, protocol), expected


def main(*arguments):
    with_large = "--all" in arguments
    path = arguments[-1]
    count = 0
    with gzip.GzipFile(path, "wb", mtime=0) as file:
        for name, protocol, content, expected in cases(with_large):
            line = {
                "name": name,
                "protocol": protocol,
                "pickle": base64.b64encode(content).decode(),
                "expected": expected,
            }
            file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
            count += 1
    print(count, "pickles")


if __name__ == "__main__":
    main(*sys.argv[1:])
