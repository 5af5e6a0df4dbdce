import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ALLOWED_KINDS, PARTS } from '../../src/compare/index.js';

it('has a row in the documentation for every kind that is allowed, and for no other', () => {
  const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/comparing.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z-]+)` /gm)].map(([, kind]) => kind);
  expect(rows.sort()).toEqual(ALLOWED_KINDS.map(({ kind }) => kind).sort());
  for (const part of PARTS) expect(page).toContain(`\`${part}\``);
});
