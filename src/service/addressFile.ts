import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** In the state folder, while a service answers HTTP: where, so that `status` finds it. */
const NAME = 'http';

/** @throws the error of the file system */
export function noteAddress(state: string, address: string): void {
  writeFileSync(path.join(state, NAME), `${address}\n`);
}

export function forgetAddress(state: string): void {
  try {
    rmSync(path.join(state, NAME), { force: true });
  } catch {
    // Nobody answers there any more, which is what `status` will say.
  }
}

/** As `noteAddress` was given it; undefined when no service of this state folder answers, or nobody may know. */
export function notedAddress(state: string): string | undefined {
  try {
    return readFileSync(path.join(state, NAME), 'utf8').trim();
  } catch {
    return undefined;
  }
}
