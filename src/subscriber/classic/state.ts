import {
  integerOf,
  isInfoList,
  isInfoOpaque,
  textOf,
  type InfoDict,
  type InfoValue,
  type ScanState,
} from '../../scan/index.js';

/** `bliss.scanning.scan.ScanState` (PROTOCOL 6). STARTING lasts for the whole acquisition. */
const STATES: readonly [number, string, ScanState][] = [
  [1, 'PREPARING', 'PREPARING'],
  [2, 'STARTING', 'RUNNING'],
  [3, 'STOPPING', 'STOPPING'],
  [4, 'DONE', 'DONE'],
  [5, 'USER_ABORTED', 'USER_ABORTED'],
  [6, 'KILLED', 'FAILED'],
];

/** The `state` of scan_info: an enum member, by number (Python 3.7) or by name (3.11). */
export function stateOf(info: InfoDict): ScanState {
  const member = enumMember(info.get('state'));
  const number = integerOf(member);
  const name = textOf(member);
  return STATES.find(([n, text]) => n === number || text === name)?.[2] ?? 'UNKNOWN';
}

function enumMember(value: InfoValue | undefined): InfoValue | undefined {
  if (!isInfoOpaque(value)) return value;
  return isInfoList(value.content) ? value.content[0] : value.content;
}
