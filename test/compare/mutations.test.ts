import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { backfillRecordings } from '../support/backfilling.js';
import { hasReaders } from '../support/python.js';
import { recordingFolder } from '../support/recordings.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedis } from '../support/testRedis.js';
import { foundBetween, mutated } from './support.js';

/** Recording, what is changed in B, and all that is said of it. */
const ANYWHERE: readonly [recording: string, mutation: string, said: readonly RegExp[]][] = [
  [
    'ascan',
    'one_value',
    [/^counter diode3: point 3 of 11 differs: [\d.]+ in A, [\d.]+ in B \(1 point differs\)$/],
  ],
  [
    'ascan',
    'three_values',
    [/^counter diode3: point 2 of 11 differs: .* in A, .* in B \(3 points differ, by 0.5 at most\)$/],
  ],
  ['ascan', 'nan', [/^counter diode3: point 4 of 11 differs: [\d.]+ in A, NaN in B \(1 point differs\)$/]],
  ['ascan', 'unit', [/^unit of motor robz at the start: mm in A, µm in B$/]],
  ['ascan', 'no_unit', [/^unit of motor robz at the start: mm in A, none in B$/]],
  ['ascan', 'motor', [/^motor robz at the end: 0 in A, 1.5 in B$/]],
  ['ascan', 'scanned_motor', [/^motor robx: point 10 of 11 differs: 1 in A, 7 in B \(1 point differs\)$/]],
  ['ascan', 'missing_motor', [/^motor robz is missing in B$/]],
  ['ascan', 'title', [/^metadata title: "ascan robx 0 1 10 0.05" in A, "ascan robx 0 2 10 0.05" in B$/]],
  ['ascan', 'metadata', [/^metadata instrument\/machine\/current: \d+ in A, 1 in B$/]],
  ['ascan', 'missing_metadata', [/^metadata instrument\/machine is missing in B$/]],
  [
    'ascan',
    'group_class',
    [/^metadata instrument\/diode3: NX_class is "NXdetector" in A, "NXcollection" in B$/],
  ],
  [
    'ascan',
    'other_column',
    [
      /^counter diode3 leads to instrument\/diode3\/data in A, instrument\/diode2alias\/data in B$/,
      /^counter diode3: point 0/,
    ],
  ],
  [
    'ascan',
    'copied_column',
    [/^counter diode3 leads to instrument\/diode3\/data in A, values of its own in B$/],
  ],
  [
    'mca',
    'spectrum',
    [/^spectra simu1_det0: point 1 of \d+, channel 100, differs: \d+ in A, \d+ in B \(1 value differs\)$/],
  ],
  [
    'lima_hdf5_multi',
    'frame',
    [
      /^images lima_simulator: image \d of \d+, row 5, column 7, differs: \d+ in A, \d+ in B \(1 pixel differs\)$/,
    ],
  ],
  [
    'lima_hdf5_multi',
    'lost_frames',
    [
      /^images lima_simulator: there is no file .*lima_simulator_0001.h5 in B \(1 of its \d sources\), so that it reads as 0$/,
    ],
  ],
  ['ascan', 'hard_column', []],
  ['ascan', 'stored_otherwise', []],
];

/** What is there twice, or in plots and in words of the writer too, in files of this program. */
const IN_OURS: typeof ANYWHERE = [
  [
    'ascan',
    'missing_counter',
    [
      /^counter diode3 is missing in B$/,
      /^plot plotselect, diode3 is missing in B: its link leads nowhere there/,
    ],
  ],
  ['ascan', 'missing_column', [/^counter diode3 is missing in B$/]],
  ['ascan', 'extra_counter', [/^counter more is missing in A$/]],
  [
    'ascan',
    'dangling_column',
    [
      /^counter diode3 is missing in B: its link leads nowhere there/,
      /^plot plotselect, diode3 is missing in B/,
    ],
  ],
  ['ascan', 'shorter', [/^counter diode3: 11 points in A, 9 points in B$/]],
  ['ascan', 'plot_signal', [/^plot plotselect: signal is "diode2alias" in A, "robxenc" in B$/]],
  ['ascan', 'plot_axes', [/^plot plotselect: axes is \["robx"\] in A, \["diode3"\] in B$/]],
  ['ascan', 'missing_plot', [/^plot plotselect is missing in B$/]],
  ['ascan', 'default_plot', [/^default plot: "plotselect" in A, "measurement" in B$/]],
  ['ascan', 'status', [/^metadata writer\/status: "SUCCEEDED" in A, "INCOMPLETE" in B$/]],
  ['ascan', 'end_time', [/^metadata end_time: /]],
  [
    'consecutive',
    'scan',
    [
      /^the scan is missing in B \(loopscan 3 0.02\)$/,
      /^\/2.1 in .*data.h5 was not compared: there is no file/,
    ],
  ],
  ['consecutive', 'master', [/^master .*data.h5 is missing in B$/]],
  ['consecutive', 'master_link', [/^master .*data.h5: the link 2.1 is missing in B$/]],
];

/** In files of the facility's writer, held against ours: a counter may be missing nowhere. */
const IN_THEIRS: typeof ANYWHERE = [
  ['ascan', 'missing_counter', [/^counter diode3 is missing in B$/]],
  ['ascan', 'missing_column', [/^counter diode3 is missing in B$/]],
  ['ascan', 'extra_counter', [/^counter more is missing in A$/]],
  ['ascan', 'shorter', [/^counter diode3: 11 points in A, 9 points in B$/]],
  ['ascan', 'end_time', []],
];

describe.skipIf(!hasRedis() || !hasReaders())('a single change', () => {
  let ours: string;
  beforeAll(async () => {
    ours = await scratchDirectory();
    await backfillRecordings(['ascan', 'mca', 'lima_hdf5_multi', 'consecutive'], ours);
  });

  const swapped = (sentence: string): string =>
    sentence.replace(/ in ([AB])\b/g, (_, side: string) => ` in ${side === 'A' ? 'B' : 'A'}`);

  function expectSaid(found: readonly string[], said: readonly RegExp[]): void {
    expect(found).toHaveLength(said.length);
    for (const words of said) expect(found).toContainEqual(expect.stringMatching(words));
  }

  it.each([...ANYWHERE, ...IN_OURS])(
    'in our files of %s is found and named: %s',
    async (recording, mutation, said) => {
      const folder = path.join(ours, recording);
      const changed = await mutated(folder, mutation);
      const found = await foundBetween(folder, changed);
      expectSaid(found, said);
      // Which of the two is A makes no difference.
      const back = await foundBetween(changed, folder);
      expect(back.map(nameless).sort()).toEqual(found.map(nameless).sort());
      if (mutation.startsWith('missing')) expect(back.map(swapped).sort()).toEqual(found.sort());
    },
  );

  it.each([...ANYWHERE, ...IN_THEIRS])(
    'in the files of the facility of %s is found against ours: %s',
    async (recording, mutation, said) => {
      const reference = path.join(recordingFolder(recording), 'reference', recording);
      const changed = await mutated(reference, mutation);
      expectSaid(await foundBetween(path.join(ours, recording), changed), said);
    },
  );

  it('that is a type is told apart from a value', async () => {
    const rounded = await mutated(path.join(ours, 'ascan'), 'rounded');
    const narrow = await mutated(path.join(ours, 'ascan'), 'other_type');
    expect(await foundBetween(rounded, narrow)).toEqual(['counter diode3: float64 in A, float32 in B']);
  });

  it('is none where NaN stands beside NaN', async () => {
    const one = await mutated(path.join(ours, 'ascan'), 'nan');
    const other = await mutated(path.join(ours, 'ascan'), 'nan');
    expect(await foundBetween(one, other)).toEqual([]);
  });
});

/** Without values, which stand in the other order. */
function nameless(sentence: string): string {
  return sentence.replace(/(:| is| leads) .*$/, '');
}
