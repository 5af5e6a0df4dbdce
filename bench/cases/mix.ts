import { rmSync } from 'node:fs';
import { mebibytes, seconds, short, type Section } from '../report/section.js';
import type { Sizes } from '../sizes.js';
import { withBeamline, type Beamline } from '../support/beamline.js';
import { publishMix } from '../support/mix.js';
import { inTurn, type Measured } from '../support/pairs.js';
import { readers } from './backfill.js';

const OURS = 'scan-writer run --since';

/** Many short scans, as they were recorded: what is done once a scan counts here. */
export async function* mix({ backfill: { mixBytes }, pairs }: Sizes): AsyncGenerator<Section> {
  yield await withBeamline(async (beamline) => {
    const { scans, bytes } = await publishMix(beamline, mixBytes);
    const contenders = [
      ...readers(beamline, await beamline.dataKeys()),
      { name: OURS, run: () => runOnce(beamline, scans) },
    ];
    const results = await inTurn(contenders, pairs);
    return {
      title: `${scans} recorded scans, ${(bytes / 1e6).toFixed(0)} MB of commands`,
      text: '`scan-writer run`, from the start of its process to its last scan. Reading is only that of the data streams.',
      head: ['', 'wall s', 'CPU s', 'scans/s', 'CPU ms a scan', 'RSS MiB', 'runs'],
      rows: [...results].map(([name, medians]) => [
        name,
        seconds(medians.seconds),
        seconds(medians.cpu),
        short(scans / medians.seconds),
        short((1000 * medians.cpu) / scans),
        mebibytes(medians.rss),
        String(medians.runs.length),
      ]),
      targets: [],
    };
  });
}

/** With the start of the process. */
async function runOnce(beamline: Beamline, scans: number): Promise<Measured> {
  const begin = performance.now();
  const writer = beamline.run(['--since', '2000-01-01']);
  const done = await writer.waitForCount(
    / (SUCCEEDED|INCOMPLETE|FAILED|ABANDONED): |not written/,
    scans,
    1200,
  );
  const measured = { seconds: (performance.now() - begin) / 1000, cpu: writer.cpu, rss: writer.rss };
  await writer.end();
  rmSync(beamline.files, { recursive: true });
  const unlike = done.find((line) => !/ SUCCEEDED: |"unsaved"/.test(line));
  if (unlike !== undefined) throw new Error(`not all scans were written: ${unlike}`);
  return { ...measured, points: NaN };
}
