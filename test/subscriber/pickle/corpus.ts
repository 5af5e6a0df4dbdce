import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** One pickle that CPython made (`corpus.py`). */
export interface CorpusCase {
  readonly name: string;
  readonly protocol: number;
  readonly pickle: Buffer;
  /** In the form of `canonical`. */
  readonly expected: unknown;
}

export const CORPUS: readonly CorpusCase[] = readCorpus();

function readCorpus(): CorpusCase[] {
  const file = new URL('../../fixtures/pickles/corpus.jsonl.gz', import.meta.url);
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const { pickle, ...others } = JSON.parse(line) as Omit<CorpusCase, 'pickle'> & { pickle: string };
    return { ...others, pickle: Buffer.from(pickle, 'base64') };
  });
}

/** The pickle of a value of `corpus.py` by its name there. */
export function pickleOf(name: string, protocol = 4): Buffer {
  const found = CORPUS.find((candidate) => candidate.name === name && candidate.protocol === protocol);
  if (found === undefined) throw new Error(`the corpus has no ${name} in protocol ${protocol}`);
  return found.pickle;
}
