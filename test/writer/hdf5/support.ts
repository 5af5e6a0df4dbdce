import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { elementCount, itemSize, type DType, type NumericArray } from '../../../src/scan/index.js';
import { runPython } from '../../support/python.js';

/** What h5py sees of one object, see dump_file.py. */
export interface Dumped {
  kind: string;
  shape?: number[];
  dtype?: string;
  chunks?: number[] | null;
  maxshape?: number[];
  values?: unknown;
  target?: string;
  file?: string;
  attributes?: Record<string, { shape: number[]; value: unknown }>;
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hdf5-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Everything in a file as h5py reads it; h5dump must be able to read it too. */
export async function readBack(path: string): Promise<Record<string, Dumped>> {
  const script = join(import.meta.dirname, 'dump_file.py');
  const { status, stdout, stderr } = await runPython([script, path]);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  execFileSync('h5dump', [path], { stdio: ['ignore', 'ignore', 'inherit'], maxBuffer: 2 ** 30 });
  return JSON.parse(stdout) as Record<string, Dumped>;
}

type Value = number | bigint | boolean | readonly [number, number];

/** An array of numbers from plain values. */
export function numbers(dtype: DType, shape: readonly number[], values: readonly Value[]): NumericArray {
  expect(values).toHaveLength(elementCount(shape));
  const size = itemSize(dtype);
  const bytes = new Uint8Array(values.length * size);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    setElement(view, index * size, dtype, value);
  });
  return { dtype, shape, bytes };
}

/** Scalar points. */
export function scalars(dtype: DType, ...values: Value[]): NumericArray {
  return numbers(dtype, [values.length], values);
}

function setElement(view: DataView, offset: number, dtype: DType, value: Value): void {
  const [real, imaginary] = typeof value === 'object' ? value : [value, 0];
  switch (dtype) {
    case 'bool':
    case 'uint8':
      view.setUint8(offset, Number(real));
      break;
    case 'int8':
      view.setInt8(offset, Number(real));
      break;
    case 'int16':
      view.setInt16(offset, Number(real), true);
      break;
    case 'uint16':
    // The bits of a float16.
    case 'float16':
      view.setUint16(offset, Number(real), true);
      break;
    case 'int32':
      view.setInt32(offset, Number(real), true);
      break;
    case 'uint32':
      view.setUint32(offset, Number(real), true);
      break;
    case 'int64':
      view.setBigInt64(offset, BigInt(real), true);
      break;
    case 'uint64':
      view.setBigUint64(offset, BigInt(real), true);
      break;
    case 'float32':
      view.setFloat32(offset, Number(real), true);
      break;
    case 'float64':
      view.setFloat64(offset, Number(real), true);
      break;
    case 'complex64':
      view.setFloat32(offset, Number(real), true);
      view.setFloat32(offset + 4, imaginary, true);
      break;
    case 'complex128':
      view.setFloat64(offset, Number(real), true);
      view.setFloat64(offset + 8, imaginary, true);
      break;
  }
}

/** What a call throws. */
export function thrown(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
