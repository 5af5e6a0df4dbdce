import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

/** The recordings of this repository, and more where SCAN_WRITER_RECORDINGS says (a folder with one folder a case). */
const FOLDERS = [
  path.resolve(import.meta.dirname, '../fixtures/recordings'),
  ...(process.env['SCAN_WRITER_RECORDINGS'] ? [path.resolve(process.env['SCAN_WRITER_RECORDINGS'])] : []),
];

const metaSchema = z.object({
  commands: z.number(),
  scans: z.array(z.object({ db_name: z.string(), name: z.string(), state: z.string() })),
});

export type RecordingMeta = z.infer<typeof metaSchema>;

/** Names of all recordings at hand, for `describe.each`. */
export function availableRecordings(): string[] {
  const names = FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
    readdirSync(folder).filter((name) => isRecording(path.join(folder, name))),
  );
  return [...new Set(names)].sort();
}

/** For `it.skipIf(!hasRecording(name))`: false for one that only SCAN_WRITER_RECORDINGS has, when it is not set. */
export function hasRecording(name: string): boolean {
  return FOLDERS.some((folder) => isRecording(path.join(folder, name)));
}

/** The folder with commands.jsonl.gz, meta.json and mostly reference/. Throws when there is none. */
export function recordingFolder(name: string): string {
  const folder = FOLDERS.map((parent) => path.join(parent, name)).find(isRecording);
  if (folder === undefined) throw new Error(`There is no recording ${name} in ${FOLDERS.join(' or ')}.`);
  return folder;
}

/** What the facility's writer made of a recording with other options: the folder `reference__{variant}`. */
export interface ReferenceVariant {
  readonly recording: string;
  readonly variant: string;
  /** The recording's folder that holds it. */
  readonly folder: string;
}

export function availableVariants(): ReferenceVariant[] {
  const found = new Map<string, ReferenceVariant>();
  for (const recording of availableRecordings()) {
    for (const folder of FOLDERS.map((parent) => path.join(parent, recording)).filter(existsSync)) {
      for (const name of readdirSync(folder)) {
        const [, variant] = /^reference__(\w+)$/.exec(name) ?? [];
        if (variant !== undefined) found.set(`${recording} ${variant}`, { recording, variant, folder });
      }
    }
  }
  return [...found.values()];
}

/** The scans of a recording, their db_names and final states. */
export function recordingMeta(name: string): RecordingMeta {
  return metaSchema.parse(JSON.parse(readFileSync(path.join(recordingFolder(name), 'meta.json'), 'utf8')));
}

function isRecording(folder: string): boolean {
  return existsSync(path.join(folder, 'commands.jsonl.gz'));
}
