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

/** Names come from Redis: they must not lead into another directory. */
function oneComponent(name: string): string {
  const safe = name.replace(/[/\0]/g, '_');
  return safe === '.' || safe === '..' ? '_' : safe;
}
