import type { Broken, DatasetView, VirtualSource } from '../../reading/index.js';
import { counted, problem, type Rule } from './rule.js';

/** Of a dataset with more, only these sources are looked for. */
const MOST_SOURCES = 10_000;

/** HDF5 reads what is missing as the fill value, without a word: h5py, PyMca and silx show zeros as if measured. */
export const virtualDatasets: Rule = {
  name: 'virtual-dataset',
  *check(object) {
    if (object.kind !== 'dataset') return;
    const sources = distinct(object.sources).slice(0, MOST_SOURCES);
    const missing = sources.flatMap((source) => brokenSource(object, source));
    const [first] = missing;
    if (first === undefined) return;
    const what = `${missing.length} of ${counted(sources.length, 'source')} of this virtual dataset cannot be read`;
    const breaks = 'PyMca, silx and h5py show 0 there, without an error';
    yield problem('error', object.path, `${what}, the first because ${first.reason}: ${breaks}.`);
  },
};

function distinct(sources: readonly VirtualSource[]): VirtualSource[] {
  return [...new Map(sources.map((source) => [`${source.file}\0${source.dataset}`, source])).values()];
}

function brokenSource(dataset: DatasetView, source: VirtualSource): Pick<Broken, 'reason'>[] {
  const reached = dataset.sourceAt(source);
  if (reached.kind === 'broken') {
    const isElsewhere = reached.why === 'missing' && source.file !== '.';
    return [isElsewhere ? { reason: `${reached.reason} in ${source.file}` } : reached];
  }
  return reached.kind === 'dataset' ? [] : [{ reason: `${source.dataset} in ${source.file} is no dataset` }];
}
