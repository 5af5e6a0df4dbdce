import { atMost, mebibytes, seconds, type Section, type Target } from '../report/section.js';
import type { Sizes } from '../sizes.js';
import { withBeamline, type Beamline } from '../support/beamline.js';
import { inTurn, resultOf, type Measured, type Medians } from '../support/pairs.js';

const POINTS = 10;

/** From the start of the process to the word that new scans are followed. */
export async function* start({ oldScans, pairs }: Sizes): AsyncGenerator<Section> {
  yield await withBeamline((empty) =>
    withBeamline(async (full) => {
      const numbers = Array.from({ length: oldScans }, (_, index) => index + 1);
      await full.publish(numbers.map((number) => ({ number, points: POINTS, channels: 3, block: 1 })));
      const many = `${oldScans} scans in Redis`;
      const contenders = [
        { name: 'nothing in Redis', run: () => untilFollowing(empty) },
        { name: many, run: () => untilFollowing(full) },
      ];
      const results = await inTurn(contenders, pairs);
      return {
        title: 'From the start of the process to `following`',
        text: 'A service that was never started before, so that it leaves the scans alone that have ended.',
        head: ['', 'wall s', 'CPU s', 'RSS MiB', 'runs'],
        rows: [...results].map(([name, medians]) => [
          name,
          seconds(medians.seconds),
          seconds(medians.cpu),
          mebibytes(medians.rss),
          String(medians.runs.length),
        ]),
        targets: [compared(`start with ${oldScans} old scans, s`, resultOf(results, many))],
      };
    }),
  );
}

function compared(what: string, { seconds: wall, cpu }: Medians): Target {
  const target = atMost(what, wall, 1);
  return { ...target, measured: `${target.measured} (CPU ${seconds(cpu)})` };
}

async function untilFollowing(beamline: Beamline): Promise<Measured> {
  const begin = performance.now();
  const writer = beamline.run();
  await writer.waitFor(/following/);
  const measured = {
    seconds: (performance.now() - begin) / 1000,
    cpu: writer.cpu,
    rss: writer.rss,
    points: 0,
  };
  await writer.end();
  return measured;
}
