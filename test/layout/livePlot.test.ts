import { describe, expect, it } from 'vitest';
import { livePlot } from '../../src/layout/livePlot.js';
import type { PlotField } from '../../src/layout/plots.js';
import type { InfoDict } from '../../src/scan/index.js';

function field(channel: string, what: Partial<PlotField> = {}): PlotField {
  const name = channel.split(':').at(-1) ?? channel;
  const where = { channel, name, path: `/1.1/instrument/${name}`, deviceType: 'counter' };
  const shape = { pointShape: [], rows: 0, meshShape: [], isScalar: false };
  return { ...where, ...shape, isLinked: false, isPositioner: false, calibration: undefined, ...what };
}

const MOTOR = field('axis:robx', { isPositioner: true });
const CLOCK = field('timer:elapsed_time');
const FIELDS = [
  CLOCK,
  field('ctrl:diode1'),
  field('mca:spectrum', { pointShape: [1024] }),
  field('ctrl:diode2'),
];
const NOTHING: InfoDict = new Map();

describe('what is drawn while a scan runs', () => {
  it('is the first counter over the first motor, and the others can be chosen', () => {
    expect(livePlot(NOTHING, [...FIELDS, MOTOR], false)).toEqual({
      axis: 'axis:robx',
      signals: ['ctrl:diode1', 'ctrl:diode2'],
      shown: ['ctrl:diode1'],
    });
  });

  it('is over a clock without a motor, and over nothing without both', () => {
    expect(livePlot(NOTHING, FIELDS, false)?.axis).toBe('timer:elapsed_time');
    expect(livePlot(NOTHING, [field('ctrl:diode1')], false)?.axis).toBeUndefined();
  });

  it('is what Flint displays, where it displays something', () => {
    const displayed: InfoDict = new Map([['displayed_channels', ['ctrl:diode2']]]);
    const plot = livePlot(new Map([['_display_extra', displayed]]), [...FIELDS, MOTOR], false);
    expect(plot).toMatchObject({ signals: ['ctrl:diode2', 'ctrl:diode1'], shown: ['ctrl:diode2'] });
  });

  it('is nothing while there are only spectra and clocks', () => {
    const spectra = FIELDS.filter(({ channel }) => !channel.startsWith('ctrl'));
    expect(livePlot(NOTHING, spectra, false)).toBeUndefined();
  });
});
