import { spawnSync } from 'node:child_process';
import { inject } from 'vitest';

/** Debian's own python with its PyTango, or one that somebody made. */
export const TANGO_PYTHON = process.env['SCAN_WRITER_TANGO_PYTHON'] ?? '/usr/bin/python3';

export const HOW_TO_GET_TANGO = `There is no PyTango for ${TANGO_PYTHON} to run the device server with.
  On Debian and Ubuntu: scripts/install-test-tools.sh`;

/** What `globalSetup` found. False: skip what needs PyTango. Never false in CI. */
export const hasTango = (): boolean => inject('tango');

/** For `globalSetup`. */
export function findTango(): boolean {
  return spawnSync(TANGO_PYTHON, ['-c', 'import tango']).status === 0;
}
