import type { Unequal } from './numbers.js';

const SHOWN_CHARACTERS = 60;

export function unequalTexts(a: readonly string[], b: readonly string[]): Unequal | undefined {
  let [count, first] = [0, -1];
  for (const [index, text] of a.entries()) {
    if (text === b[index]) continue;
    if (first < 0) first = index;
    count++;
  }
  if (count === 0) return undefined;
  const [A, B] = shownApart(a[first] ?? '', b[first] ?? '');
  return { count, first, A, B, largest: 0, scale: 0 };
}

/** Two texts as they are shown: of long ones the part in which they begin to differ. */
export function shownApart(a: string, b: string): [string, string] {
  let same = 0;
  while (same < a.length && a[same] === b[same]) same++;
  const start = Math.max(0, same - SHOWN_CHARACTERS / 2);
  return [shown(a, start), shown(b, start)];
}

export function shown(text: string, start = 0): string {
  const from = text.length <= SHOWN_CHARACTERS ? 0 : start;
  const part = text.slice(from, from + SHOWN_CHARACTERS);
  const [before, behind] = [from > 0, from + part.length < text.length];
  return `${before ? '...' : ''}${JSON.stringify(part)}${behind ? '...' : ''}`;
}
