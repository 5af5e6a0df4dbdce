import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkFile, type Finding } from '../../src/check/index.js';
import { hasReaders } from '../support/python.js';
import { scratchDirectory } from '../support/scratch.js';
import { makeFiles, type SilxIssues } from './support.js';

/** File, severity and rule, path, and words of the sentence. The file has nothing else of this or a worse severity. */
const BAD: readonly [file: string, kind: string, path: string, words: RegExp][] = [
  ['root_class', 'note class', '/', /silx and h5web/],
  ['entry_class', 'error class', '/1.1', /PyMca .* without motors/],
  ['instrument_class', 'error class', '/1.1/instrument', /PyMca finds no motor/],
  ['group_class', 'note class', '/1.1/plain', /no NX_class/],
  ['two_instruments', 'warning class', '/1.1', /PyMca .* first only/],
  ['entry_class_list', 'error text-attribute', '/1.1', /NX_class is a list of texts: PyMca/],
  ['default_list', 'error text-attribute', '/1.1', /default is a list of texts: silx/],
  ['units_number', 'warning text-attribute', '/1.1/instrument/samy/value', /units is no text/],
  ['interpretation_list', 'warning text-attribute', '/1.1/instrument/det0/data', /interpretation is a list/],
  ['nine_attributes', 'warning attribute-count', '/1.1', /9 attributes.*1641/],
  ['default_missing', 'error default', '/1.1', /"nope" leads nowhere.*silx shows an error/],
  ['root_default_missing', 'error default', '/', /"2.1" leads nowhere/],
  ['default_circle', 'warning default', '/1.1', /"\/" leads round in a circle/],
  ['default_dataset', 'warning default', '/1.1', /"title" is no group/],
  ['default_collection', 'warning default', '/1.1', /is an NXcollection, not an NXdata/],
  ['default_none', 'note default', '/1.1', /a plot, but no default/],
  ['scan_dangling', 'error link', '/2.1', /\/nope does not exist.*no reader opens this scan/],
  ['scan_circle', 'error link', '/2.1', /circle.*PyMca cannot list/],
  ['scan_file_missing', 'error link', '/2.1', /no file nofile\.h5.*no reader opens this scan/],
  ['scan_target_missing', 'error link', '/2.1', /\/2\.1 in .*good\.h5 does not exist/],
  ['scan_file_no_hdf5', 'error link', '/2.1', /make_files\.txt.*not an HDF5 file/],
  ['scan_file_pipe', 'error link', '/2.1', /pipe is no file/],
  ['files_in_circle', 'error link', '/2.1', /circle.*no reader opens this scan/],
  ['column_dangling', 'error link', '/1.1/measurement/bad', /every reader lacks this column/],
  ['column_circle', 'error link', '/1.1/measurement/bad', /PyMca cannot show the scan/],
  ['motor_dangling', 'error link', '/1.1/instrument/positioners/bad', /no motor position at all/],
  ['detector_dangling', 'warning link', '/1.1/instrument/bad', /h5py ends with an error/],
  ['detector_file_missing', 'error link', '/1.1/instrument/bad', /no reader finds these data/],
  ['too_many_links', 'error link', '/1.1/l0', /circle/],
  ['same_names', 'warning master-names', '/', /2 links .* "1\.1".*PyMca shows live time/],
  ['scan_moved_absolute', 'note absolute-file', '/2.1', /no\/such\/folder\/second\.h5\): it breaks/],
  ['scan_absolute', 'note absolute-file', '/2.1', /breaks .* moved/],
  ['virtual_absolute', 'note absolute-file', '/1.1/instrument/cam/data', /images\.h5\): it breaks/],
  [
    'virtual_file_missing',
    'error virtual-dataset',
    '/1.1/instrument/cam/data',
    /1 of 2 sources.*nofile.*show 0/,
  ],
  [
    'virtual_dataset_missing',
    'error virtual-dataset',
    '/1.1/instrument/cam/data',
    /\/nope does not exist in images\.h5/,
  ],
  ['signal_none', 'error plot', '/1.1/plot', /no attribute signal/],
  ['signal_list', 'error plot', '/1.1/plot', /no attribute signal that is one text/],
  ['signal_missing', 'error plot', '/1.1/plot', /signal "nope" leads nowhere/],
  ['signal_group', 'error plot', '/1.1/plot', /is no dataset/],
  ['signal_text', 'error plot', '/1.1/plot', /holds no numbers: h5web/],
  ['signal_single', 'warning plot', '/1.1/plot', /single value: silx and h5web/],
  ['signal_scalar_interpretation', 'warning plot', '/1.1/plot', /interpretation "scalar": silx/],
  ['axes_number', 'error plot', '/1.1/plot', /axes holds no text/],
  ['axis_missing', 'error plot', '/1.1/plot', /axis "nope" leads nowhere/],
  ['axis_text', 'error plot', '/1.1/plot', /"samy" holds no numbers: h5web/],
  ['axis_2d', 'error plot', '/1.1/plot', /2 dimensions instead of one/],
  ['axis_short', 'error plot', '/1.1/plot', /4 values and the signal 5: silx/],
  ['axis_edges', 'warning plot', '/1.1/plot', /edges of bins/],
  ['axis_calibration', 'warning plot', '/1.1/plot', /offset and the step/],
  ['three_axes', 'warning plot', '/1.1/plot', /two axes at most/],
  ['image_one_axis', 'error plot', '/1.1/plot', /2 dimensions and 1 axis/],
  ['image_three_axes', 'error plot', '/1.1/plot', /2 dimensions and 3 axes/],
  ['image_swapped', 'error plot', '/1.1/plot', /another dimension.*silx draws no image/],
  ['auxiliary_missing', 'error plot', '/1.1/plot', /auxiliary signal "nope" leads nowhere/],
  ['auxiliary_shape', 'error plot', '/1.1/plot', /shape 4 and the signal 5/],
  ['errors_shape', 'error plot', '/1.1/plot', /"errors" has the shape 4/],
  ['foreign_name', 'warning entry', '/results', /BLISS cannot find/],
  ['title_missing', 'warning entry', '/1.1', /no title: PyMca/],
  ['title_number', 'error entry', '/1.1/title', /PyMca cannot show the scan/],
  ['title_list', 'warning entry', '/1.1/title', /not a single text/],
  ['start_missing', 'warning entry', '/1.1', /no start_time: PyMca/],
  ['start_no_iso', 'warning entry', '/1.1/start_time', /"22\.11\.2026 16:53" is not in ISO 8601/],
  ['start_no_day', 'warning entry', '/1.1/start_time', /not in ISO 8601/],
  ['end_missing', 'note entry', '/1.1', /no end_time/],
  ['end_number', 'warning entry', '/1.1/end_time', /not a single text/],
  ['no_positioners', 'warning positioners', '/1.1', /no instrument\/positioners: PyMca/],
  [
    'motor_text',
    'warning positioners',
    '/1.1/instrument/positioners/bad',
    /"ERR": PyMca leaves the motor out/,
  ],
  ['motor_group', 'error positioners', '/1.1/instrument/positioners/bad', /no motor position at all/],
  ['motor_empty', 'error positioners', '/1.1/instrument/positioners/bad', /no motor position at all/],
  [
    'scanned_not_listed',
    'warning positioners',
    '/1.1/instrument/samy',
    /not in \/1\.1\/instrument\/positioners/,
  ],
  ['scanned_not_measured', 'warning positioners', '/1.1/instrument/samy', /not in \/1\.1\/measurement/],
  ['no_measurement', 'warning measurement', '/1.1', /no group measurement: PyMca/],
  ['column_text', 'note measurement', '/1.1/measurement/bad', /text: PyMca does not list/],
  ['column_group', 'note measurement', '/1.1/measurement/bad', /PyMca lists datasets only/],
  ['column_record', 'warning measurement', '/1.1/measurement/bad', /neither numbers nor text/],
  ['column_empty', 'warning measurement', '/1.1/measurement/bad', /no values/],
  ['column_single', 'warning measurement', '/1.1/measurement/bad', /without a dimension for points/],
  ['column_short', 'note measurement', '/1.1/measurement', /1 with 3, 3 with 5 points/],
  ['mca_name', 'warning spectrum', '/1.1/instrument/mca0/roi', /begins with "mca"/],
  ['spectrum_copy', 'warning spectrum', '/1.1/plot/spectra', /one more MCA/],
  ['live_time_short', 'warning spectrum', '/1.1/instrument/det0/live_time', /3 values for 5 spectra/],
  ['calibration_text', 'warning spectrum', '/1.1/instrument/det0/calibration', /no list of numbers/],
  ['status_running', 'note writer', '/1.1/writer/status', /"RUNNING"/],
  ['status_failed', 'note writer', '/1.1/writer/status', /had an error \("no space/],
  ['table_uneven', 'error writer', '/1.1/writer/channels', /same length \(2, 3\)/],
];

/** As they should be, or so that every reader that was tried takes it. */
const GOOD =
  `good second relative_link eight_attributes default_absolute link_to_link scan_in_other_file virtual_good
  signal_legacy no_axes one_axis_text axis_dot scatter image_good image_one_axis_spectrum auxiliary_good motor_nan
  column_types`.split(/\s+/);

/** Plots that silx takes for valid and draws badly or not at all, or that are h5web's concern. */
const VALID_FOR_SILX =
  `signal_text signal_single signal_scalar_interpretation axis_text axis_calibration three_axes
  image_swapped`.split(/\s+/);

describe.skipIf(!hasReaders())('the rules', () => {
  let folder: string;
  let silx: SilxIssues;

  beforeAll(async () => {
    folder = await scratchDirectory();
    silx = await makeFiles(folder);
  });

  const findingsOf = async (name: string): Promise<readonly Finding[]> =>
    (await checkFile(path.join(folder, `${name}.h5`))).findings;

  it.each(BAD)('find what is wrong with %s', async (name, kind, at, words) => {
    const findings = await findingsOf(name);
    const found = findings.find((each) => `${each.severity} ${each.rule}` === kind && each.path === at);
    expect(found, JSON.stringify(findings)).toBeDefined();
    expect(found?.sentence).toMatch(words);
    expect(found?.sentence).toMatch(/^\S.*\.$/);
    const worse = findings.filter(({ severity }) => severity === 'error' && !kind.startsWith('error'));
    expect(worse).toEqual([]);
  });

  it.each(GOOD)('find nothing in %s', async (name) => {
    expect(await findingsOf(name)).toEqual([]);
  });

  it('judge plots as silx does', async () => {
    for (const [name, issues] of Object.entries(silx)) {
      const findings = (await findingsOf(name)).filter(({ rule }) => rule === 'plot');
      const isInvalid = issues === null || issues.length > 0;
      const expected = isInvalid || VALID_FOR_SILX.includes(name);
      expect(findings.length > 0, `${name}: silx says ${JSON.stringify(issues)}`).toBe(expected);
    }
  });

  it('are each tried by a file', async () => {
    const { RULES } = await import('../../src/check/rules/index.js');
    const tried = new Set(BAD.map(([, kind]) => kind.split(' ')[1]));
    expect(RULES.map(({ name }) => name).filter((name) => !tried.has(name))).toEqual([]);
  });
});
