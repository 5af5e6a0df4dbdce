import path from 'node:path';
import { ScanWriterError } from '../../scan/index.js';

/** What a file template can name (DESIGN decision 4). */
export interface TemplateFields {
  /** Directory of `scan_info["filename"]`. */
  readonly dir: string;
  /** Its name without the ending. */
  readonly stem: string;
  readonly filename: string;
  readonly scan_nb: number;
  readonly name: string;
  readonly session: string;
}

export const DEFAULT_TEMPLATE = '{dir}/{stem}_scan{scan_nb:04d}.h5';

const FIELD = /\{(\w+)(?::0(\d)d)?\}/g;
const KNOWN = ['dir', 'stem', 'filename', 'scan_nb', 'name', 'session'];

/** @throws ScanWriterError `usage` when the template names an unknown field or gives every scan the same file */
export function checkTemplate(template: string): string {
  const unknown = [...template.matchAll(/\{([^{}]*)\}/g)].find(
    ([text]) => !KNOWN.includes(new RegExp(FIELD.source).exec(text)?.[1] ?? ''),
  );
  if (unknown) {
    const fields = KNOWN.map((field) => `{${field}}`).join(' ');
    throw new ScanWriterError(
      'usage',
      `The file template names "${unknown[0]}": it can hold ${fields}, and {scan_nb:04d} for leading zeros.`,
      { subject: template },
    );
  }
  if (!/\{(scan_nb|filename|name)/.test(template)) {
    throw new ScanWriterError(
      'usage',
      `The file template "${template}" gives every scan the same file: put {scan_nb:04d} into it.`,
      { subject: template },
    );
  }
  return template;
}

export function fillTemplate(template: string, fields: TemplateFields): string {
  return template.replace(FIELD, (_, name: string, width: string | undefined) => {
    switch (name) {
      case 'dir':
      case 'filename':
        return fields[name];
      case 'scan_nb':
        return String(fields.scan_nb).padStart(Number(width ?? 0), '0');
      case 'stem':
      case 'name':
      case 'session':
        return oneComponent(fields[name]);
      default:
        return '';
    }
  });
}

/**
 * The paths of all scans that a template gives to one master: `{scan_nb}`, `{name}` and `{session}` can be anything,
 * and names that were taken have `_r1`, `_r2`.
 * @returns the directory below which they are, and how many levels down at most
 */
export function filesOfTemplate(
  template: string,
  master: string,
): { readonly directory: string; readonly depth: number; readonly pattern: RegExp } {
  const { dir, name: stem } = path.parse(master);
  const fixed: Readonly<Record<string, string>> = { dir, stem: oneComponent(stem), filename: master };
  const filled = template.replace(FIELD, (field, name: string) => fixed[name] ?? field);
  // Relative templates are below the directory of the master, as when they are filled.
  const absolute = path.resolve(dir, filled);
  const components = path.dirname(absolute).split('/');
  const open = components.findIndex((component) => new RegExp(FIELD.source).test(component));
  const { dir: folder, name, ext } = path.parse(absolute);
  const source = `${asPattern(path.join(folder, name))}(_r\\d+)?${asPattern(ext)}`;
  return {
    directory: (open < 0 ? components : components.slice(0, open)).join('/') || '/',
    depth: open < 0 ? 0 : components.length - open,
    pattern: new RegExp(`^${source}$`),
  };
}

/** A template as a regular expression: its fields stand for what they can hold. */
function asPattern(template: string): string {
  let pattern = '';
  let end = 0;
  for (const { 0: field, 1: name, index } of template.matchAll(FIELD)) {
    pattern += escaped(template.slice(end, index)) + (name === 'scan_nb' ? '\\d+' : '[^/]+');
    end = index + field.length;
  }
  return pattern + escaped(template.slice(end));
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** Names come from Redis: they must not lead into another directory. */
function oneComponent(name: string): string {
  const safe = name.replace(/[/\0]/g, '_');
  return safe === '.' || safe === '..' ? '_' : safe;
}
