import { dictOf, isInfoList, numberOf, textOf, type InfoDict, type InfoValue } from '../scan/index.js';
import { isoTime } from './time.js';

/** Comments of the scan as `notes/note_01` ... (LAYOUT 1.2); undefined when there are none. */
export function notesOf(info: InfoDict, offsetMinutes: number): InfoDict | undefined {
  const comments = info.get('comments');
  const notes = isInfoList(comments) ? comments.map(dictOf).filter((comment) => comment.size > 0) : [];
  if (notes.length === 0) return undefined;
  const groups = notes.map((comment, index): [string, InfoDict] => {
    const date = isoTime(numberOf(comment.get('timestamp')) ?? NaN, offsetMinutes);
    const note = new Map<string, InfoValue>([
      ['@NX_class', 'NXnote'],
      ['data', textOf(comment.get('message')) ?? ''],
      ['type', 'text/plain'],
      ['date', date ?? null],
    ]);
    return [`note_${String(index + 1).padStart(2, '0')}`, note];
  });
  return new Map<string, InfoValue>([['@NX_class', 'NXcollection'], ...groups]);
}

const SAMPLE_PREFIX = 'Sample_';

/** `Sample_*` of the dataset and its collection under the data policy (LAYOUT 1.2); undefined when there is none. */
export function sampleOf(dataset: InfoDict): InfoDict | undefined {
  const fields = [...dataset].filter(([key, value]) => key.startsWith(SAMPLE_PREFIX) && value !== null);
  if (fields.length === 0) return undefined;
  const named = fields.map(([key, value]): [string, InfoValue] => [key.slice(SAMPLE_PREFIX.length), value]);
  return new Map<string, InfoValue>([['@NX_class', 'NXsample'], ...named]);
}
