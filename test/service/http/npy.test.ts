import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { preferredType } from '../../../src/service/http/accept.js';
import { npy } from '../../../src/service/http/npy.js';
import type { DType } from '../../../src/scan/index.js';
import { hasReaders, runPython } from '../../support/python.js';
import { scratchDirectory } from '../../support/scratch.js';

describe('an array as numpy stores it', () => {
  const arrays: readonly [DType, number[], number, string][] = [
    ['float64', [3], 24, 'float64 (3,)'],
    ['uint8', [2, 2], 4, 'uint8 (2, 2)'],
    ['int64', [0], 0, 'int64 (0,)'],
    ['complex64', [1], 8, 'complex64 (1,)'],
    ['bool', [2], 2, 'bool (2,)'],
    ['uint16', [1, 2, 3], 12, 'uint16 (1, 2, 3)'],
  ];
  it.skipIf(!hasReaders()).each(arrays)('is read by it: %s %j', async (dtype, shape, bytes, seen) => {
    const file = path.join(await scratchDirectory(), 'a.npy');
    await writeFile(file, npy({ dtype, shape, bytes: new Uint8Array(bytes) }));
    const script = 'import numpy, sys; a = numpy.load(sys.argv[1]); print(a.dtype, a.shape)';
    const { stdout, stderr } = await runPython(['-c', script, file]);
    expect(stdout.trim(), stderr).toBe(seen);
  });
});

describe('the type that a client likes best', () => {
  const offered = ['application/json', 'application/x-npy'] as const;
  it.each([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['application/x-npy', 'application/x-npy'],
    ['application/json;q=0.2, application/x-npy;q=0.3', 'application/x-npy'],
    ['application/*;q=0.1, application/json;q=0', 'application/x-npy'],
    ['text/html', undefined],
    ['application/json;q=nonsense', undefined],
  ])('of %s is %s', (accept, type) => {
    expect(preferredType(accept, offered)).toBe(type);
  });
});
