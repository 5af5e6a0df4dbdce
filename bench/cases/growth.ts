import { atMost, mebibytes, seconds, short, times, type Section } from '../report/section.js';
import type { Sizes } from '../sizes.js';
import { withBeamline, type MadeScan } from '../support/beamline.js';
import { inTurn, ratioOf, resultOf, type Medians } from '../support/pairs.js';
import { backfillScan } from './backfill.js';

interface Step {
  readonly name: string;
  readonly scan: MadeScan;
}

/** Whether a point costs the same however many there are, and however many channels share them. */
export async function* growth({ growth: sizes, pairs }: Sizes): AsyncGenerator<Section> {
  const byPoints = sizes.points.map((points, index) => {
    return { name: `${short(points)} points`, scan: { number: index + 1, points, channels: 1, block: 1 } };
  });
  const byChannels = sizes.channels.map((channels, index) => {
    const points = sizes.channelPoints / channels;
    const scan = { number: index + 1, points, channels: channels - 1, block: 1 };
    return { name: `${channels} channels, ${short(points)} points`, scan };
  });
  yield await compare('Points in two scalars, one an event', byPoints, 1.15);
  yield await compare(`${short(sizes.channelPoints)} events in more and more channels`, byChannels, 1.25);

  /** The last two steps are held against each other. */
  async function compare(title: string, steps: readonly Step[], limit: number): Promise<Section> {
    const results = await withBeamline(async (beamline) => {
      const published = await beamline.publish(steps.map(({ scan }) => scan));
      const contenders = steps.map(({ name }, index) => {
        const { scan = '', points = 0, channels = [] } = published[index] ?? {};
        return { name, run: () => backfillScan(beamline, scan, points * channels.length) };
      });
      return inTurn(contenders, pairs);
    });
    const [before = '', last = ''] = steps.slice(-2).map(({ name }) => name);
    const cost = ({ seconds: wall, points }: Medians): number => (1e6 * wall) / points;
    const [a, b] = [resultOf(results, last), resultOf(results, before)];
    const grown = (ratioOf(a, b, 'seconds') * b.points) / a.points;
    return {
      title,
      text: 'An event is one point of one channel; start and end of the file are in it.',
      head: ['', 'events', 'wall s', 'wall µs an event', 'CPU µs an event', 'RSS MiB', 'runs'],
      rows: [...results].map(([name, medians]) => [
        name,
        short(medians.points),
        seconds(medians.seconds),
        times(cost(medians)),
        times((1e6 * medians.cpu) / medians.points),
        mebibytes(medians.rss),
        String(medians.runs.length),
      ]),
      targets: [atMost(`an event with ${last}, by one with ${before}`, grown, limit)],
    };
  }
}
