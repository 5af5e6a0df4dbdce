import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { output, PYTHON } from '../support/children.js';

const VERSIONS = `
import h5py, numpy, redis, platform
print(platform.python_version(), h5py.__version__, h5py.version.hdf5_version, redis.__version__, numpy.__version__)`;

/** Rows of what was measured on and with. */
export async function machine(): Promise<string[][]> {
  const [cpu] = os.cpus();
  const [python = '', h5py = '', hdf5 = '', redisPy = '', numpy = ''] = (
    await output(PYTHON, ['-c', VERSIONS])
  )
    .trim()
    .split(' ');
  const server = /v=(\S+)/.exec(await output('redis-server', ['--version']))?.[1] ?? '';
  return [
    ['processor', `${os.cpus().length} x ${cpu?.model.trim() ?? 'unknown'}`],
    ['memory', `${Math.round(os.totalmem() / 2 ** 30)} GiB`],
    ['system', `${os.type()} ${os.release()}`],
    ['Node', process.version.slice(1)],
    ['Redis', server],
    ['ioredis, h5wasm', `${version('ioredis')}, ${version('h5wasm')}`],
    ['Python, h5py (HDF5), redis-py, numpy', `${python}, ${h5py} (${hdf5}), ${redisPy}, ${numpy}`],
  ];
}

function version(name: string): string {
  const file = path.resolve(import.meta.dirname, '../../node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
