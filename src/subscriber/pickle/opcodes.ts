import { toBigInt } from './byteReader.js';
import { UnpickleError } from './errors.js';
import { instantiate } from './instantiate.js';
import type { PickleMachine } from './machine.js';
import { PythonTuple } from './python.js';
import {
  decodeDecimalFloat,
  decodeDecimalInteger,
  decodeRawUnicodeEscape,
  decodeStringLiteral,
} from './text.js';

const HIGHEST_PROTOCOL = 5;

/**
 * Carries out one opcode (CPython `Lib/pickletools.py` describes them all); true for STOP.
 * The codes are literals so that the engine makes a jump table of them.
 */
export function execute(machine: PickleMachine, opcode: number): boolean {
  const { reader } = machine;
  switch (opcode) {
    case 0x2e: // STOP
      return true;
    case 0x80: // PROTO
      checkProtocol(reader.uint8());
      break;
    case 0x95: // FRAME
      reader.frame();
      break;

    // The stack and the memo
    case 0x28: // MARK
      machine.mark();
      break;
    case 0x31: // POP_MARK
      machine.popMark();
      break;
    case 0x30: // POP
      machine.discard();
      break;
    case 0x32: // DUP
      machine.duplicate();
      break;
    case 0x70: // PUT
      machine.put(machine.lineIndex());
      break;
    case 0x71: // BINPUT
      machine.put(reader.uint8());
      break;
    case 0x72: // LONG_BINPUT
      machine.put(reader.uint32());
      break;
    case 0x94: // MEMOIZE
      machine.memoize();
      break;
    case 0x67: // GET
      machine.get(machine.lineIndex());
      break;
    case 0x68: // BINGET
      machine.get(reader.uint8());
      break;
    case 0x6a: // LONG_BINGET
      machine.get(reader.uint32());
      break;

    // Constants and numbers
    case 0x4e: // NONE
      machine.push(null);
      break;
    case 0x88: // NEWTRUE
      machine.push(true);
      break;
    case 0x89: // NEWFALSE
      machine.push(false);
      break;
    case 0x49: // INT
      machine.push(readIntLine(machine));
      break;
    case 0x4c: // LONG
      machine.push(decodeDecimalInteger(reader.line().replace(/L$/, ''), machine.limits.integerBytes));
      break;
    case 0x4a: // BININT
      machine.push(toBigInt(reader.int32()));
      break;
    case 0x4b: // BININT1
      machine.push(toBigInt(reader.uint8()));
      break;
    case 0x4d: // BININT2
      machine.push(toBigInt(reader.uint16()));
      break;
    case 0x8a: // LONG1
      machine.push(reader.integer(reader.uint8(), machine.limits.integerBytes));
      break;
    case 0x8b: // LONG4
      machine.push(reader.integer(reader.signedLength(), machine.limits.integerBytes));
      break;
    case 0x46: // FLOAT
      machine.push(decodeDecimalFloat(reader.line()));
      break;
    case 0x47: // BINFLOAT
      machine.push(reader.float64());
      break;

    // Bytes and text
    case 0x42: // BINBYTES
      machine.push(reader.bytes(reader.uint32()));
      break;
    case 0x43: // SHORT_BINBYTES
      machine.push(reader.bytes(reader.uint8()));
      break;
    case 0x8e: // BINBYTES8
    case 0x96: // BYTEARRAY8
      machine.push(reader.bytes(reader.length8()));
      break;
    case 0x53: // STRING
      machine.push(decodeStringLiteral(reader.line()));
      break;
    case 0x54: // BINSTRING
      machine.push(reader.latin1(reader.signedLength()));
      break;
    case 0x55: // SHORT_BINSTRING
      machine.push(reader.latin1(reader.uint8()));
      break;
    case 0x56: // UNICODE
      machine.push(decodeRawUnicodeEscape(reader.line()));
      break;
    case 0x58: // BINUNICODE
      machine.push(reader.utf8(reader.uint32()));
      break;
    case 0x8c: // SHORT_BINUNICODE
      machine.push(reader.utf8(reader.uint8()));
      break;
    case 0x8d: // BINUNICODE8
      machine.push(reader.utf8(reader.length8()));
      break;

    // Containers
    case 0x29: // EMPTY_TUPLE
      machine.push(new PythonTuple([]));
      break;
    case 0x74: // TUPLE
      machine.push(new PythonTuple(machine.popMark()));
      break;
    case 0x85: // TUPLE1
    case 0x86: // TUPLE2
    case 0x87: // TUPLE3
      machine.tuple(opcode - 0x84);
      break;
    case 0x5d: // EMPTY_LIST
      machine.push([]);
      break;
    case 0x6c: // LIST
      machine.push(machine.popMark());
      break;
    case 0x61: // APPEND
      machine.append();
      break;
    case 0x65: // APPENDS
      machine.extend();
      break;
    case 0x7d: // EMPTY_DICT
      machine.push(new Map());
      break;
    case 0x64: {
      // DICT
      const entries = machine.popMark();
      machine.push(new Map());
      machine.setItems(entries);
      break;
    }
    case 0x73: // SETITEM
      machine.setItem();
      break;
    case 0x75: // SETITEMS
      machine.setItems(machine.popMark());
      break;
    case 0x8f: // EMPTY_SET
      machine.push(new Set());
      break;
    case 0x90: // ADDITEMS
      machine.addToSet(machine.popMark());
      break;
    case 0x91: {
      // FROZENSET
      const elements = machine.popMark();
      machine.push(new Set());
      machine.addToSet(elements);
      break;
    }

    // Classes and objects
    case 0x63: // GLOBAL
      machine.push(machine.lineGlobal());
      break;
    case 0x93: // STACK_GLOBAL
      machine.stackGlobal();
      break;
    case 0x69: {
      // INST
      const callable = machine.lineGlobal();
      machine.push(instantiate(callable, new PythonTuple(machine.popMark())));
      break;
    }
    case 0x6f: // OBJ
      machine.callAfterMark();
      break;
    case 0x52: // REDUCE
    case 0x81: // NEWOBJ
      machine.call();
      break;
    case 0x92: // NEWOBJ_EX
      machine.call(machine.pop());
      break;
    case 0x62: // BUILD
      machine.build();
      break;

    // What points outside the pickle
    case 0x50: // PERSID
    case 0x51: // BINPERSID
      throw new UnpickleError('unsupported', 'it refers to a persistent object');
    case 0x82: // EXT1
    case 0x83: // EXT2
    case 0x84: // EXT4
      throw new UnpickleError('unsupported', 'it refers to the extension registry');
    case 0x97: // NEXT_BUFFER
      throw new UnpickleError('unsupported', 'it refers to a buffer outside itself');
    case 0x98: // READONLY_BUFFER
      machine.top();
      break;

    default:
      throw new UnpickleError('opcode', `0x${opcode.toString(16)} is no opcode`);
  }
  return false;
}

function checkProtocol(protocol: number): void {
  if (protocol > HIGHEST_PROTOCOL) throw new UnpickleError('opcode', `there is no protocol ${protocol}`);
}

/** Protocols 0 and 1 write the booleans as integers with two digits. */
function readIntLine(machine: PickleMachine): boolean | bigint {
  const line = machine.reader.line();
  if (line === '00' || line === '01') return line === '01';
  return decodeDecimalInteger(line, machine.limits.integerBytes);
}
