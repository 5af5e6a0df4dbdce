import type { Section, Target } from './section.js';

/** A section with its table. */
export function markdownOf({ title, text, head, rows, targets }: Section): string {
  return [`### ${title}`, text, table(head, rows), targetsTable(targets)].filter(Boolean).join('\n\n');
}

export function targetsTable(targets: readonly Target[]): string {
  if (targets.length === 0) return '';
  return table(
    ['aim', 'wanted', 'measured', ''],
    targets.map(({ what, aim, measured, isMet }) => [what, aim, measured, isMet ? 'ok' : 'short']),
  );
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
