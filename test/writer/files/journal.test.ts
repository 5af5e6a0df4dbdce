import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  Journal,
  journalPath,
  readJournal,
  type DatasetProgress,
} from '../../../src/writer/files/journal.js';
import { scanOf } from '../../support/scanInfo.js';
import { temporaryDirectory } from './support.js';

const SCAN = scanOf();
const SIZE = 100;

function aFile(): string {
  const file = path.join(temporaryDirectory(), 'a.h5');
  fs.writeFileSync(file, Buffer.alloc(SIZE));
  return file;
}

function progress(rest: Partial<DatasetProgress> = {}): DatasetProgress {
  const kind = { channel: 'c', type: 'float64', shape: [], extents: [], hasLengths: false } as const;
  return { ...kind, shape: [], extents: [], dataset: '/c', next: 0, received: 0, ...rest };
}

describe('the journal of a file', () => {
  it('tells what the checkpoints said, and that the file is exactly so', () => {
    const file = aFile();
    const journal = Journal.begin(file, SIZE, SCAN, 'layout');
    const first = progress({ next: 2, received: 2 });
    const spectra = progress({ dataset: '/d', channel: 'd', shape: [4], extents: [4], next: 1, received: 1 });
    journal.checkpoint(SIZE, { datasets: [first, spectra] }, []);
    journal.change();
    const longer = { ...spectra, extents: [6], hasLengths: true, next: 3, received: 2 };
    const missing = [{ channel: 'd', first: 1, count: 1, reason: 'trimmed' }];
    const more = { ...first, next: 5, received: 5 };
    journal.checkpoint(SIZE, { datasets: [more, longer], missing: { from: 0, points: missing } }, []);
    const state = { scan: SCAN, layout: 'layout', isExact: true, datasets: [more, longer], missing };
    expect(readJournal(file)).toEqual(state);
    journal.close();
    // Whoever goes on begins with that.
    const read = readJournal(file);
    const next = Journal.begin(file, SIZE, SCAN, 'layout', read);
    expect(readJournal(file)).toEqual(state);
    next.remove();
    expect(fs.existsSync(journalPath(file))).toBe(false);
    expect(readJournal(file)).toBeUndefined();
  });

  it('counts no points that the file has refused, and names them', () => {
    const file = aFile();
    const journal = Journal.begin(file, SIZE, SCAN, '');
    const refused = [{ dataset: '/c', first: 3, count: 2, reason: 'text' }];
    journal.checkpoint(SIZE, { datasets: [progress({ next: 8, received: 8 })] }, refused);
    expect(readJournal(file)).toMatchObject({
      datasets: [{ next: 8, received: 6 }],
      missing: [{ channel: 'c', first: 3, count: 2, reason: 'text' }],
    });
    // The writer then tells of them as its own.
    const points = [{ channel: 'c', first: 3, count: 2, reason: 'text' }];
    journal.checkpoint(SIZE, { datasets: [], missing: { from: 0, points } }, []);
    expect(readJournal(file)?.missing).toEqual(points);
  });

  it('says that the file is being changed', () => {
    const file = aFile();
    const journal = Journal.begin(file, SIZE, SCAN, '');
    expect([journal.isExact, readJournal(file)?.isExact]).toEqual([true, true]);
    journal.change();
    expect([journal.isExact, readJournal(file)?.isExact]).toEqual([false, false]);
    journal.checkpoint(SIZE, { datasets: [] }, []);
    expect([journal.isExact, readJournal(file)?.isExact]).toEqual([true, true]);
    fs.appendFileSync(file, 'x');
    expect(readJournal(file)?.isExact).toBe(false);
  });

  it('stays small, however long the scan is', () => {
    const file = aFile();
    const journal = Journal.begin(file, SIZE, SCAN, '');
    const datasets = Array.from({ length: 50 }, (_, n) => progress({ dataset: `/${n}`, channel: `c${n}` }));
    const rounds = 3000;
    for (let next = 1; next <= rounds; next++) {
      journal.change();
      const changed = datasets.map((dataset) => ({ ...dataset, next, received: next }));
      journal.checkpoint(SIZE, { datasets: changed }, []);
    }
    expect(fs.statSync(journalPath(file)).size).toBeLessThan(2 ** 20);
    const state = readJournal(file);
    expect(state).toMatchObject({ isExact: true, missing: [] });
    expect(state?.datasets.map(({ dataset, next }) => [dataset, next])).toEqual(
      datasets.map(({ dataset }) => [dataset, rounds]),
    );
  });
});
