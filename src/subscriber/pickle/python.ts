import type { NdArray } from './numpyArray.js';
import type { NumpyDtype } from './numpyDtype.js';

/**
 * A Python value as inert data. An int is a bigint and a float a number, so that 2 and 2.0 stay different;
 * bytes and bytearray are views on the pickle; list, set and frozenset, and dict are the JavaScript containers.
 * Containers can be shared and can hold themselves.
 */
export type PythonValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | PythonList
  | PythonDict
  | PythonSet
  | PythonTuple
  | PythonComplex
  | PythonDateTime
  | PythonDate
  | PythonTime
  | PythonTimeDelta
  | PythonTimeZone
  | PythonGlobal
  | PythonObject
  | PythonDtype
  | NdArray;

export type PythonList = PythonValue[];
/** The order of the keys is Python's. Keys that are tuples, bytes or frozensets are compared by identity. */
export type PythonDict = Map<PythonValue, PythonValue>;
export type PythonSet = Set<PythonValue>;

export class PythonTuple {
  readonly items: readonly PythonValue[];

  constructor(items: readonly PythonValue[]) {
    this.items = items;
  }
}

/** A class or function by its name. Nothing is ever imported, so it is only a name. */
export class PythonGlobal {
  readonly module: string;
  /** Qualified name in the module, such as `Outer.Inner`. */
  readonly name: string;
  readonly fullName: string;

  constructor(module: string, name: string) {
    this.module = module;
    this.name = name;
    this.fullName = `${module}.${name}`;
  }
}

/** Stands for an object of a class we do not know: the parts the pickle holds, none of them interpreted. */
export class PythonObject {
  readonly className: string;
  /** Arguments of the constructor. An enum member has its value (Python < 3.11) or its name as the only one. */
  readonly args: PythonTuple;
  kwargs: PythonValue = null;
  /** What `__setstate__` or `__dict__` would get. */
  state: PythonValue = null;
  /** Elements of a list subclass. */
  items: PythonList | undefined = undefined;
  /** Entries of a dict subclass. */
  entries: PythonDict | undefined = undefined;

  constructor(className: string, args: PythonTuple) {
    this.className = className;
    this.args = args;
  }
}

/**
 * A dtype object while it is put together: numpy pickles `dtype('f8')` and afterwards, by BUILD, the rest.
 * The type itself is immutable, so that the arrays and the cache of types can share it.
 */
export class PythonDtype {
  type: NumpyDtype;

  constructor(type: NumpyDtype) {
    this.type = type;
  }
}

export class PythonComplex {
  readonly re: number;
  readonly im: number;

  constructor(re: number, im: number) {
    this.re = re;
    this.im = im;
  }
}

export class PythonDate {
  readonly year: number;
  /** 1-12 */
  readonly month: number;
  readonly day: number;

  constructor(year: number, month: number, day: number) {
    this.year = year;
    this.month = month;
    this.day = day;
  }
}

export class PythonTime {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
  /** 1 for the second of two equal times when the clock was set back (PEP 495). */
  readonly fold: number;
  /** A `PythonTimeZone`, an object of another tzinfo class, or null for a naive time. */
  readonly zone: PythonValue;

  constructor(
    [hour, minute, second, microsecond]: readonly [number, number, number, number],
    fold: number,
    zone: PythonValue,
  ) {
    this.hour = hour;
    this.minute = minute;
    this.second = second;
    this.microsecond = microsecond;
    this.fold = fold;
    this.zone = zone;
  }
}

export class PythonDateTime {
  readonly date: PythonDate;
  readonly time: PythonTime;

  constructor(date: PythonDate, time: PythonTime) {
    this.date = date;
    this.time = time;
  }
}

/** As Python keeps it: only `days` can be negative. */
export class PythonTimeDelta {
  readonly days: number;
  readonly seconds: number;
  readonly microseconds: number;

  constructor(days: number, seconds: number, microseconds: number) {
    this.days = days;
    this.seconds = seconds;
    this.microseconds = microseconds;
  }

  get totalSeconds(): number {
    return this.days * 86_400 + this.seconds + this.microseconds / 1e6;
  }
}

/** `datetime.timezone`: a fixed offset from UTC. */
export class PythonTimeZone {
  readonly offset: PythonTimeDelta;
  readonly name: string | undefined;

  constructor(offset: PythonTimeDelta, name: string | undefined) {
    this.offset = offset;
    this.name = name;
  }
}
