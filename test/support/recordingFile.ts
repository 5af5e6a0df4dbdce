import { writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A line of a recording: seconds and the command, `ifAbsent` for the pairs that create streams. */
export interface Line {
  readonly t?: number;
  readonly cmd: readonly (string | Buffer)[];
  readonly ifAbsent?: boolean;
}

/** Writes a recording made by hand to `folder`/commands.jsonl and returns its path. Lines without a time come at once. */
export async function writeRecording(folder: string, lines: readonly Line[]): Promise<string> {
  const file = path.join(folder, 'commands.jsonl');
  await writeFile(file, lines.map((line) => `${recordingLine(line)}\n`).join(''));
  return file;
}

export function recordingLine({ t = 0, cmd, ifAbsent }: Line): string {
  const args = cmd.map((argument) =>
    typeof argument === 'string' ? argument : { b64: argument.toString('base64') },
  );
  return JSON.stringify({ t, cmd: args, ...(ifAbsent ? { if_absent: true } : {}) });
}

/** The pair of lines that creates an empty stream unless its key exists. */
export function emptyStream(key: string, t = 0): Line[] {
  return [
    { t, cmd: ['XADD', key, '0-1', 'key', 'value'], ifAbsent: true },
    { t, cmd: ['XDEL', key, '0-1'], ifAbsent: true },
  ];
}
