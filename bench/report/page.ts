import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { CaseName } from '../cases/index.js';
import { BUSY, CHAPTERS, HEAD, REPEAT } from './chapters.js';
import { machine } from './machine.js';
import { markdownOf, table, targetsTable } from './markdown.js';
import type { Section } from './section.js';

interface Kept {
  readonly date: string;
  /** Of one minute, when the case had ended. */
  readonly load: number;
  readonly sections: readonly Section[];
}

/** Remembers what a case has measured. */
export function keep(directory: string, name: string, sections: readonly Section[]): void {
  mkdirSync(directory, { recursive: true });
  const kept: Kept = { date: new Date().toISOString().slice(0, 10), load: os.loadavg()[0] ?? NaN, sections };
  writeFileSync(fileOf(directory, name), JSON.stringify(kept));
}

/** Makes the page of all cases. @returns false when one was never measured */
export async function writePage(
  directory: string,
  names: readonly CaseName[],
  page: string,
): Promise<boolean> {
  if (!names.every((name) => existsSync(fileOf(directory, name)))) return false;
  const kept = names.map((name) => JSON.parse(readFileSync(fileOf(directory, name), 'utf8')) as Kept);
  const sections = kept.flatMap((one) => one.sections);
  const dates = [...new Set(kept.map(({ date }) => date))].sort().join(', ');
  const loads = kept.map(({ load }) => load.toFixed(1)).join(', ');
  const facts = [
    ...(await machine()),
    ['measured on', dates],
    ['load (1 min) at the end of each case', loads],
  ];
  const isBusy = kept.some(({ load }) => load > os.cpus().length + 1);
  const parts = [
    HEAD,
    isBusy ? BUSY : '',
    '## Aims',
    targetsTable(sections.flatMap(({ targets }) => targets)),
    '## Machine',
    table(['', ''], facts),
    ...names.flatMap((name, index) => [
      `## ${CHAPTERS[name].title}`,
      CHAPTERS[name].text,
      ...(kept[index]?.sections ?? []).map((section) => markdownOf({ ...section, targets: [] })),
    ]),
    REPEAT,
  ];
  const config = await resolveConfig(page, { editorconfig: false });
  writeFileSync(page, await format(parts.join('\n\n'), { ...config, parser: 'markdown' }));
  return true;
}

function fileOf(directory: string, name: string): string {
  return path.join(directory, `${name}.json`);
}
