import { dictOf, isInfoList, numberOf, textOf, type InfoDict } from '../scan/index.js';
import { pathComponent, valueOperations } from './dictionary.js';
import type { TreeOperation } from './operation.js';
import { isoTime } from './time.js';

/** Comments of the scan as `notes/note_01` ... (LAYOUT 1.2). */
export function notesOperations(entry: string, info: InfoDict, offsetMinutes: number): TreeOperation[] {
  const comments = info.get('comments');
  const notes = isInfoList(comments) ? comments.map(dictOf).filter((comment) => comment.size > 0) : [];
  if (notes.length === 0) return [];
  return [
    { op: 'group', path: `${entry}/notes`, attributes: { NX_class: 'NXcollection' } },
    ...notes.flatMap((comment, index): TreeOperation[] => {
      const note = `${entry}/notes/note_${String(index + 1).padStart(2, '0')}`;
      const date = isoTime(numberOf(comment.get('timestamp')) ?? NaN, offsetMinutes);
      return [
        { op: 'group', path: note, attributes: { NX_class: 'NXnote' } },
        { op: 'text', path: `${note}/data`, value: textOf(comment.get('message')) ?? '' },
        { op: 'text', path: `${note}/type`, value: 'text/plain' },
        ...(date === undefined ? [] : valueOperations(`${note}/date`, date)),
      ];
    }),
  ];
}

const SAMPLE_PREFIX = 'Sample_';

/** `Sample_*` of the dataset and its collection under the data policy, as the entry's sample (LAYOUT 1.2). */
export function sampleOperations(entry: string, dataset: InfoDict): TreeOperation[] {
  const fields = [...dataset].filter(([key, value]) => key.startsWith(SAMPLE_PREFIX) && value !== null);
  if (fields.length === 0) return [];
  return [
    { op: 'group', path: `${entry}/sample`, attributes: { NX_class: 'NXsample' } },
    ...fields.flatMap(([key, value]) =>
      valueOperations(`${entry}/sample/${pathComponent(key.slice(SAMPLE_PREFIX.length))}`, value),
    ),
  ];
}
