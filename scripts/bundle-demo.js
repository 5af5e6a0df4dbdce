// Puts the recordings of the demo beside the built code, so that they are in the npm package.
import { cpSync } from 'node:fs';

for (const recording of ['ascan', 'mca']) {
  cpSync(
    new URL(`../test/fixtures/recordings/${recording}/commands.jsonl.gz`, import.meta.url),
    new URL(`../dist/demo/recordings/${recording}/commands.jsonl.gz`, import.meta.url),
  );
}
