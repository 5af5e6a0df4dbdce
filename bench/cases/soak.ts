import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, mebibytes, percent, type Section } from '../report/section.js';
import type { Sizes } from '../sizes.js';
import { withBeamline, type PublishedScan } from '../support/beamline.js';
import { median } from '../support/pairs.js';

const SCAN_SECONDS = 10;
const RATE = 50;
/** Scans that Redis holds; the writer is done with those before. */
const KEPT = 6;

interface Sample {
  readonly seconds: number;
  readonly cpu: number;
  readonly rss: number;
}

/** One scan after the other, with a look at the memory every second. */
export async function* soak({ soakMinutes }: Sizes): AsyncGenerator<Section> {
  const samples = await withBeamline(async (beamline) => {
    const writer = beamline.run();
    await writer.waitFor(/following/);
    const begin = performance.now();
    const taken: Sample[] = [];
    const isOver = (): boolean => performance.now() - begin > 60_000 * soakMinutes;
    const scan = { points: RATE * SCAN_SECONDS, rate: RATE, channels: 19, spectra: 1, block: 1 };
    const published: PublishedScan[] = [];
    const publishing = (async () => {
      for (let number = 1; !isOver(); number++) {
        published.push(await beamline.publishOne({ number, ...scan }));
        const old = published.length > KEPT ? published.shift() : undefined;
        if (old !== undefined) await beamline.forget(old);
      }
    })();
    while (!isOver()) {
      const seconds = (performance.now() - begin) / 1000;
      taken.push({ seconds, cpu: writer.cpu, rss: writer.rss });
      await sleep(1000);
    }
    await publishing;
    return taken;
  });
  // The first quarter is the warm-up.
  const parts = [0, 1, 2, 3].map((part) =>
    samples.slice((part * samples.length) / 4, ((part + 1) * samples.length) / 4),
  );
  const rss = parts.map((part) => median(part.map((sample) => sample.rss)));
  yield {
    title: `${soakMinutes} minutes of scans, one after the other`,
    text: `Scans of ${SCAN_SECONDS} s with 20 scalars and a spectrum of 4096 uint32 at ${RATE} Hz.`,
    head: ['quarter', 'CPU of a core', 'RSS MiB (median)'],
    rows: parts.map((part, index) => [String(index + 1), percent(cpuOf(part)), mebibytes(rss[index] ?? NaN)]),
    targets: [atMost('soak: RSS of the last quarter, by the second', (rss[3] ?? NaN) / (rss[1] ?? NaN), 1.1)],
  };
}

function cpuOf(part: readonly Sample[]): number {
  const [first, last] = [part[0], part.at(-1)];
  if (first === undefined || last === undefined) return NaN;
  return (last.cpu - first.cpu) / (last.seconds - first.seconds);
}
