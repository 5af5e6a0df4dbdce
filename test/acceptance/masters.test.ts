import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasReaders, runReader } from '../support/python.js';
import { channelOf, EventsOf, scanOf } from '../support/scanInfo.js';
import { benchIn, infoIn, sourceOf, until, write } from '../writer/support.js';

const DIODE = channelOf('ctrl:diode1');

interface Shown {
  readonly before: string[];
  readonly after: string[];
  readonly old: number[];
  readonly new?: number[];
}

describe.skipIf(!hasReaders())('a master that is open in PyMca and silx', () => {
  it('shows a scan that begins after a refresh, while it runs, and what was open goes on', async () => {
    const bench = benchIn(undefined, { linkAtStart: true });
    const eventsOf = (number: number): EventsOf => {
      const info = infoIn(bench.directory, { scan_nb: BigInt(number) });
      return new EventsOf(scanOf(`s:data:${number}_ascan`, 1_700_000_000 + number), info);
    };
    const first = eventsOf(1);
    await write(bench, sourceOf(first.started(), first.chunk(DIODE, 0, [1, 2, 3]), first.ended()));

    const ready = path.join(bench.directory, 'ready');
    const args = [path.join(bench.directory, 'a.h5'), '1.1', '2.1', 'measurement/diode1', ready];
    const look = runReader('refresh_master.py', args);
    const second = eventsOf(2);
    const running = write(
      bench,
      sourceOf(
        () => Promise.race([until(() => fs.existsSync(ready)), look]),
        second.started(),
        second.chunk(DIODE, 0, [4, 5]),
        // It still runs when the readers have seen it.
        () => look,
        second.ended(),
      ),
    );
    const { status, stdout, stderr } = await look;
    expect((await running).status).toBe('SUCCEEDED');
    expect(status, stdout + stderr).toBe(0);
    const { readers } = JSON.parse(stdout) as { readers: Record<string, Shown> };
    for (const name of ['PyMca', 'silx view', 'silx.io', 'h5py']) {
      const shown = { before: ['1.1'], after: ['1.1', '2.1'], old: [1, 2, 3], new: [4, 5] };
      expect(readers[name], name).toMatchObject(shown);
      const open = readers[`${name}, left open`];
      if (open !== undefined) expect(open, name).toMatchObject({ after: ['1.1'], 'old again': [1, 2, 3] });
    }
  });
});
