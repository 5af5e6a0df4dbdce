import path from 'node:path';
import { z } from 'zod';
import { ScanWriterError } from '../scan/index.js';
import { checkTemplate, DEFAULT_TEMPLATE, parseMapRule } from '../writer/index.js';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };
const BYTE_UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** `500ms`, `2s`: milliseconds. */
const Duration = z.string().transform((text, context) => {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const milliseconds = Number(number) * (UNITS[unit] ?? NaN);
  if (Number.isFinite(milliseconds) && milliseconds >= 10 && milliseconds <= 600_000) return milliseconds;
  return invalid(context, 'write a duration from 10ms to 10m, such as 500ms or 2s');
});

/** `512MiB`, `2G`: bytes. */
const Bytes = z.string().transform((text, context) => {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$/i.exec(text) ?? [];
  const bytes = Number(number) * (BYTE_UNITS[unit.toLowerCase()] ?? NaN);
  if (Number.isFinite(bytes) && bytes >= 2 ** 20) return Math.floor(bytes);
  return invalid(context, 'write a size of at least 1MiB, such as 512MiB or 2G');
});

/** `0444`: permission bits. */
const Mode = z.string().transform((text, context) => {
  if (/^0?[0-7]{3,4}$/.test(text)) return parseInt(text, 8);
  return invalid(context, 'write permission bits in octal, such as 0444');
});

const Directory = z
  .string()
  .min(1)
  .transform((directory) => path.resolve(directory));

function invalid(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}

/** Everything that decides which scans are written where and how; keys are the long options of the command line. */
const Settings = z.object({
  map: z.array(z.string().transform(parseMapRule)).default([]),
  root: z.array(Directory).default([]),
  fileTemplate: z.string().default(DEFAULT_TEMPLATE).transform(checkTemplate),
  acceptWriter: z.array(z.string().min(1)).default(['nexus']),
  unnamed: Directory.optional(),
  output: z.string().min(1).optional(),
  force: z.boolean().default(false),
  images: z.enum(['link', 'copy', 'none'], { error: 'takes link, copy or none' }).default('link'),
  flush: Duration.prefault('500ms'),
  memory: Bytes.prefault('512MiB'),
  fileMode: Mode.prefault('0444'),
  dirMode: Mode.optional(),
  group: z.coerce
    .number({ error: 'write the number of the group (getent group NAME)' })
    .int()
    .min(0)
    .optional(),
});
export type Settings = z.infer<typeof Settings>;

/** @throws ScanWriterError `usage` that names the option and what it takes */
export function parseSettings(values: Readonly<Record<string, unknown>>): Settings {
  const result = Settings.safeParse(values);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const option = String(issue?.path[0] ?? '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new ScanWriterError('usage', `--${option}: ${issue?.message ?? 'not understood'}.`, {
    subject: option,
  });
}
