import { classOf, joined, type DatasetView, type GroupView, type ObjectView } from '../../reading/index.js';
import { counted, isEntry, problem, type Problem, type Rule } from './rule.js';

/** What PyMca takes for the spectra of an MCA, and what it looks for beside them (LAYOUT 0.5, 0.6, 2.2). */
export const spectra: Rule = {
  name: 'spectrum',
  *check(object, root) {
    if (object.kind !== 'group' || !isInEntry(object, root)) return;
    const isNamedMca = /^mca/i.test(object.path.split('/').at(-1) ?? '');
    for (const name of object.names()) {
      // PyMca follows no links here.
      if (object.link(name).kind !== 'hard') continue;
      const dataset = object.at(name);
      if (dataset.kind !== 'dataset' || (dataset.shape?.at(-1) ?? 0) < 2) continue;
      const interpretation = dataset.attribute('interpretation');
      if (interpretation === 'spectrum') yield* spectrumProblems(object, name, dataset);
      else if (interpretation === undefined && isNamedMca && !BESIDE_SPECTRA.has(name)) {
        const what = 'The name of its group begins with "mca"';
        yield problem('warning', dataset.path, `${what}: PyMca lists this dataset as a spectrum.`);
      }
    }
  },
};

/** Names that PyMca never takes for a spectrum. */
const BESIDE_SPECTRA = new Set([
  ...['channels', 'calibration', 'live_time', 'preset_time', 'elapsed_time', 'i0', 'it', 'time', 'energy'],
  ...['i0_to_flux_factor', 'it_to_flux_factor'],
]);

function isInEntry(object: ObjectView, root: GroupView): boolean {
  const entry = root.at(object.path.split('/')[1] ?? '');
  return entry.kind !== 'broken' && isEntry(entry);
}

function* spectrumProblems(group: GroupView, name: string, spectrum: DatasetView): Generator<Problem> {
  if (classOf(group) === 'NXdata') {
    const breaks =
      'PyMca lists it as one more MCA, without live time; a soft link in its place would not be listed';
    yield problem('warning', spectrum.path, `A plot holds spectra of its own: ${breaks}.`);
    return;
  }
  const points = spectrum.shape?.length === 1 ? 1 : (spectrum.shape?.[0] ?? 0);
  for (const time of ['live_time', 'elapsed_time']) {
    const beside = group.has(time) ? group.at(time) : undefined;
    if (beside?.kind !== 'dataset') continue;
    const values = beside.shape?.length === 0 ? 1 : (beside.shape?.[0] ?? 0);
    if (values === points || values === 1) continue;
    const what = `There are ${counted(values, 'value')} for ${counted(points, 'spectrum', 'spectra')} in "${name}"`;
    const breaks = `PyMca takes a wrong ${time.replace('_', ' ')}`;
    yield problem('warning', joined(group.path, time), `${what}: ${breaks}.`);
  }
  const calibration = group.has('calibration') ? group.at('calibration') : undefined;
  if (calibration?.kind === 'dataset' && calibration.values !== 'number') {
    const sentence = 'The calibration is no list of numbers: PyMca has no energy axis to show.';
    yield problem('warning', joined(group.path, 'calibration'), sentence);
  }
}
