import fc from 'fast-check';
import { it } from 'vitest';
import { subScansOf } from '../../src/layout/chain.js';
import type { InfoDict, InfoValue } from '../../src/scan/index.js';
import { channelOf } from '../support/scanInfo.js';
import { TreeChecker } from '../support/treeChecker.js';
import { reportOf, treeOf } from './support.js';

const HOSTILE_NAMES = [
  '',
  '.',
  '..',
  '/',
  'a/b',
  '../../x',
  'a\0b',
  ':',
  '@',
  '>',
  '@NX_class',
  'value@units',
  '\ud800',
];
const WORDS = [
  ...[
    'data',
    'value',
    'name',
    'title',
    'positioners',
    'positioners_start',
    'measurement',
    'instrument',
    'writer',
  ],
  ...[
    'notes',
    'sample',
    'plotselect',
    'end_time',
    'NX_class',
    '@NX_class',
    'default',
    'signal',
    'x'.repeat(1000),
  ],
];
const CHANNELS = [
  'axis:samx',
  'axis:samy',
  'ctrl:diode1',
  'mca:spectrum_det0',
  'cam:image',
  'cam:roi_counters:r_sum',
];

const names = fc.constantFrom(...HOSTILE_NAMES, ...WORDS, ...CHANNELS);
const scalars: fc.Arbitrary<InfoValue> = fc.oneof(
  fc.constantFrom<InfoValue>(null, true, false, 0n, 1n, 2n, -1n, 10n ** 30n, NaN, Infinity, 0.5, 1e300),
  names,
);
const { value: values } = fc.letrec<{ value: InfoValue; dict: InfoDict }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, scalars, fc.array(tie('value'), { maxLength: 4 }), tie('dict')),
  dict: fc.array(fc.tuple(names, tie('value')), { maxLength: 5 }).map((items) => new Map(items)),
}));

/** What BLISS publishes under the keys that the layout reads, and anything else in its place. */
const dictOf = (fields: Record<string, fc.Arbitrary<InfoValue>>): fc.Arbitrary<InfoDict> =>
  fc
    .record(
      Object.fromEntries(
        Object.entries(fields).map(([key, field]) => [
          key,
          fc.option(fc.oneof({ weight: 4, arbitrary: field }, values)),
        ]),
      ),
      { requiredKeys: [] },
    )
    .map((record) => new Map(Object.entries(record).filter(([, value]) => value !== null)) as InfoDict);
const listOf = (item: fc.Arbitrary<InfoValue>): fc.Arbitrary<InfoValue> => fc.array(item, { maxLength: 4 });
const keyedBy = (key: fc.Arbitrary<string>, value: fc.Arbitrary<InfoValue>): fc.Arbitrary<InfoDict> =>
  fc.array(fc.tuple(key, value), { maxLength: 4 }).map((items) => new Map(items));

const channels = fc.constantFrom(...CHANNELS, ...HOSTILE_NAMES);
const deviceIds = fc.constantFrom('axis_1:axis', 'axis_1:diode', '..');
const counts = fc.constantFrom<InfoValue>(0n, 1n, 3n, 6n, -4n, 2n ** 70n, 2.5);
const positions = keyedBy(names, scalars);
const infos = dictOf({
  title: scalars,
  scan_nb: counts,
  npoints: counts,
  npoints1: counts,
  npoints2: counts,
  data_dim: counts,
  start_time: values,
  start_timestamp: scalars,
  end_timestamp: scalars,
  acquisition_chain: keyedBy(
    fc.constantFrom('axis', 'timer', '..'),
    dictOf({
      devices: listOf(deviceIds),
      scalars: listOf(channels),
      spectra: listOf(channels),
      images: listOf(channels),
    }),
  ),
  devices: keyedBy(
    deviceIds,
    dictOf({ channels: listOf(channels), triggered_devices: listOf(deviceIds), type: scalars, r: values }),
  ),
  channels: keyedBy(channels, dictOf({ dim: counts, 'axis-id': counts })),
  positioners: dictOf({
    positioners_start: positions,
    positioners_end: positions,
    positioners_dial_start: positions,
    positioners_units: positions,
  }),
  instrument: keyedBy(names, values),
  scan_meta_categories: listOf(names),
  sample: values,
  notes: values,
  comments: listOf(dictOf({ timestamp: scalars, message: scalars })),
  _display_extra: dictOf({ displayed_channels: listOf(channels), plotselect: listOf(channels) }),
  nexuswriter: dictOf({
    instrument: scalars,
    devices: keyedBy(
      channels,
      dictOf({
        device_type: fc.constantFrom('mca', 'lima', 'samplingcounter', '?'),
        data_type: fc.constantFrom('signal', ''),
        device_info: keyedBy(names, values),
      }),
    ),
    technique: dictOf({
      plots: keyedBy(names, dictOf({ items: listOf(channels), ndim: counts, grid: fc.boolean() })),
      plotselect: names,
      applications: keyedBy(
        names,
        dictOf({ class: fc.constant('APPxrf'), I0: channels, mca: listOf(channels) }),
      ),
    }),
  }),
});

const options = fc.record({
  generic: fc.boolean(),
  keepShape: fc.boolean(),
  multivaluePositioners: fc.boolean(),
  mcaCalibrations: fc.constantFrom(new Map<string, number[]>(), new Map([['mca_det0', [0, 1, 0]]])),
});

const SEED = 20261123;

// TreeChecker is as strict as HDF5: nothing twice, no name that leaves its group, no link without a target.
it('whatever scan_info says, a file can be built from it', { timeout: 240_000 }, () => {
  fc.assert(
    fc.property(infos, infos, options, fc.nat(7), (info, endInfo, layout, rows) => {
      const tree = treeOf(info, undefined, layout);
      const file = new TreeChecker(() => true).apply(tree.start());
      const announced = subScansOf(info).flatMap(({ topMaster, channels: full }) =>
        full.map((name) => channelOf(name, { devices: [topMaster] })),
      );
      const came = [
        ...announced,
        channelOf('never:announced'),
        ...HOSTILE_NAMES.map((name) => channelOf(name)),
      ];
      for (const channel of came) file.apply(tree.addChannel(channel));
      for (const channel of came) {
        const shape = channel.name.includes('spectrum') ? [4] : [];
        file.apply(tree.firstPoints(channel, 'float64', shape));
      }
      const counted = new Map(came.map((channel) => [channel, rows]));
      const devices = [{ devices: ['axis'], info: endInfo }];
      const report = reportOf(endInfo, { counts: counted, rows: counted, devices, dataset: endInfo });
      file.apply(tree.end(report)).apply(tree.status('SUCCEEDED'));
    }),
    { seed: SEED, numRuns: 300 },
  );
});
