import path from 'node:path';
import { ScanWriterError } from '../../scan/index.js';

/** Rewrites paths as the BLISS host has them to paths of this machine: `--map FROM=TO` (DESIGN decision 10). */
export class PathMap {
  readonly #rules: readonly { from: string; to: string }[];

  constructor(rules: readonly { from: string; to: string }[]) {
    // The longest FROM wins.
    this.#rules = [...rules].sort((a, b) => b.from.length - a.from.length);
  }

  /** Directories that files may be written to because they were named as TO. */
  get targets(): string[] {
    return this.#rules.map(({ to }) => to);
  }

  /** Replaces whole path components only: `/data` maps `/data/x` and never `/data2`. */
  apply(file: string): string {
    const rule = this.#rules.find(({ from }) => isBelowOrSame(file, from));
    return rule === undefined ? file : path.join(rule.to, path.relative(rule.from, file));
  }
}

/**
 * One `FROM=TO`, split at the first `=`.
 * @throws ScanWriterError `usage`
 */
export function parseMapRule(text: string): { from: string; to: string } {
  const split = text.indexOf('=');
  const [from, to] = [text.slice(0, split), text.slice(split + 1)];
  if (split < 1 || to === '' || !from.startsWith('/')) {
    throw new ScanWriterError(
      'usage',
      `"${text}" is not FROM=TO: name the directory as BLISS has it and the one on this machine, such as /mnt/data=/data.`,
      { subject: text },
    );
  }
  return { from: path.resolve(from), to: path.resolve(to) };
}

export function isBelowOrSame(file: string, directory: string): boolean {
  const relative = path.relative(directory, file);
  return relative === '' || (relative !== '..' && !relative.startsWith('../') && !path.isAbsolute(relative));
}
