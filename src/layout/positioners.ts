import { dictOf, numberOf, textOf, type InfoDict } from '../scan/index.js';
import { floatScalar, pathComponents } from './dictionary.js';
import type { Attributes, TreeOperation } from './operation.js';

/** The groups of motor positions that are known at the start and at the end (LAYOUT 1.3). */
export const START_POSITIONS = ['positioners_start', 'positioners_dial_start'] as const;
export const END_POSITIONS = ['positioners_end', 'positioners_dial_end'] as const;

/** A group with one scalar a motor: `positioners_start` and its like. Nothing when none were published. */
export function positionsGroup(instrument: string, key: string, info: InfoDict): TreeOperation[] {
  const published = dictOf(info.get('positioners'));
  if (!published.has(key)) return [];
  const group = `${instrument}/${key}`;
  return [
    { op: 'group', path: group, attributes: { NX_class: 'NXcollection' } },
    ...[...positionNames(key, info)].flatMap(([motor, name]) =>
      positionOperation(`${group}/${name}`, motor, key, info),
    ),
  ];
}

/** Motors with a position of this kind: the name BLISS gives them -> the name in the file. */
export function positionNames(key: string, info: InfoDict): Map<string, string> {
  return pathComponents(dictOf(dictOf(info.get('positioners')).get(key)).keys());
}

/**
 * One motor's position as float64 scalar. A motor that could not be read is published as text (`ERR`): it becomes
 * NaN with the text in `@error`, since PyMca drops text but lists NaN (LAYOUT 5.3 rule 5).
 */
export function positionOperation(path: string, motor: string, key: string, info: InfoDict): TreeOperation[] {
  const published = dictOf(info.get('positioners'));
  const value = dictOf(published.get(key)).get(motor);
  const position = numberOf(value);
  const error = textOf(value);
  if (position === undefined && error === undefined) return [];
  const unit = textOf(dictOf(published.get('positioners_units')).get(motor));
  const attributes: Attributes = {
    ...(unit === undefined ? {} : { units: unit }),
    ...(error === undefined ? {} : { error }),
  };
  return [
    {
      op: 'array',
      path,
      array: floatScalar(position ?? NaN),
      attributes,
    },
  ];
}
