import path from 'node:path';
import { z } from 'zod';
import { ScanWriterError } from '../scan/index.js';
import { checkTemplate, DEFAULT_TEMPLATE, parseMapRule, type Compression } from '../writer/index.js';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };
const SINCE_UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const BYTE_UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** `500ms`, `2s`: milliseconds. */
const Duration = z.string().transform((text, context) => {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const milliseconds = Number(number) * (UNITS[unit] ?? NaN);
  if (Number.isFinite(milliseconds) && milliseconds >= 10 && milliseconds <= 600_000) return milliseconds;
  return invalid(context, 'write a duration from 10ms to 10m, such as 500ms or 2s');
});

/** `90s`, `10m`, `2h`: milliseconds. */
const LongDuration = z.string().transform((text, context) => {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(s|m|h)$/.exec(text) ?? [];
  const milliseconds = Number(number) * (SINCE_UNITS[unit] ?? NaN) * 1_000;
  if (Number.isFinite(milliseconds) && milliseconds >= 1_000) return milliseconds;
  return invalid(context, 'write a duration of at least 1s, such as 90s, 10m or 2h');
});

/** `512MiB`, `2G`: bytes. */
const Bytes = z.string().transform((text, context) => {
  const bytes = bytesIn(text);
  if (bytes >= 2 ** 20) return bytes;
  return invalid(context, 'write a size of at least 1MiB, such as 512MiB or 2G');
});

/** `0`, `10GiB`: bytes. */
const FreeBytes = z.string().transform((text, context) => {
  const bytes = bytesIn(text);
  if (bytes >= 0) return bytes;
  return invalid(context, 'write a size such as 0, 500MiB or 10G');
});

/** `256KiB`: bytes of one chunk in the file. HDF5 has one in memory for each dataset that is written. */
const ChunkSize = z.string().transform((text, context) => {
  const bytes = bytesIn(text);
  if (bytes >= 2 ** 10 && bytes <= 2 ** 26) return bytes;
  return invalid(context, 'write a size from 1KiB to 64MiB, such as 256KiB');
});

/** NaN for what is no size. */
function bytesIn(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$/i.exec(text) ?? [];
  return number === '' ? NaN : Math.floor(Number(number) * (BYTE_UNITS[unit.toLowerCase()] ?? NaN));
}

/** `0444`: permission bits. */
const Mode = z.string().transform((text, context) => {
  if (/^0?[0-7]{3,4}$/.test(text)) return parseInt(text, 8);
  return invalid(context, 'write permission bits in octal, such as 0444');
});

/** `none`, `gzip`, `gzip:1` to `gzip:9`, `bitshuffle`. */
const CompressionSetting = z.string().transform((text, context): Compression | undefined => {
  if (text === 'none') return undefined;
  if (text === 'bitshuffle') return { filter: 'bitshuffle' };
  const [matched, level = '1'] = /^gzip(?::([1-9]))?$/.exec(text) ?? [];
  if (matched !== undefined) return { filter: 'gzip', level: Number(level) };
  return invalid(context, 'takes none, gzip, gzip:1 to gzip:9, or bitshuffle');
});

/** `simu1=0,0.01` or `simu1_det0=0,0.01,0`: calibration of an MCA or one of its elements, `a + b x + c x²`. */
const Calibration = z.string().transform((text, context): readonly [string, readonly number[]] => {
  const split = text.lastIndexOf('=');
  const coefficients = text.slice(split + 1).split(',');
  const numbers = coefficients.map((coefficient) => (coefficient.trim() === '' ? NaN : Number(coefficient)));
  const isCalibration = numbers.length === 2 || numbers.length === 3;
  if (split > 0 && isCalibration && numbers.every(Number.isFinite) && numbers[1] !== 0) {
    return [text.slice(0, split).trim(), [...numbers, 0].slice(0, 3)];
  }
  return invalid(
    context,
    `"${text}" is not MCA=A,B or MCA=A,B,C, such as simu1=0,0.01 (energy = A + B x + C x²)`,
  );
});

/** `24h`, or a point in time as ISO 8601: milliseconds since the epoch. */
const Since = z.string().transform((text, context) => {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const time =
    number === '' ? Date.parse(text) : Date.now() - Number(number) * (SINCE_UNITS[unit] ?? NaN) * 1_000;
  if (!Number.isNaN(time)) return time;
  return invalid(context, 'write a time such as 12h, 2d or 2026-11-22T08:00');
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
  since: Since.optional(),
  output: z.string().min(1).optional(),
  force: z.boolean().default(false),
  images: z.enum(['link', 'copy', 'none'], { error: 'takes link, copy or none' }).default('link'),
  generic: z.boolean().default(false),
  keepShape: z.boolean().default(false),
  multivaluePositioners: z.boolean().default(false),
  scalarCt: z.boolean().default(false),
  compression: CompressionSetting.prefault('none'),
  chunkSize: ChunkSize.prefault('256KiB'),
  mcaCalibration: z.array(Calibration).default([]),
  flush: Duration.optional(),
  quiet: LongDuration.prefault('1m'),
  memory: Bytes.prefault('512MiB'),
  minFree: FreeBytes.optional(),
  requiredDiskSpace: FreeBytes.prefault('200MiB'),
  recommendedDiskSpace: FreeBytes.prefault('1GiB'),
  sync: z.enum(['auto', 'always', 'never'], { error: 'takes auto, always or never' }).default('auto'),
  fileMode: Mode.prefault('0444'),
  dirMode: Mode.optional(),
  group: z.coerce
    .number({ error: 'write the number of the group (getent group NAME)' })
    .int()
    .min(0)
    .optional(),
});
export type Settings = z.infer<typeof Settings>;

/** What applies without the options, as a user would write it. */
export function defaultSettings(): Record<string, unknown> {
  const defaults = Object.entries(Settings.shape).map(([name, schema]) => [name, defaultOf(schema)]);
  return Object.fromEntries(defaults) as Record<string, unknown>;
}

function defaultOf(schema: z.ZodType): unknown {
  const inner = schema instanceof z.ZodPipe ? schema.in : schema;
  const hasDefault = inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault;
  return hasDefault ? inner.def.defaultValue : undefined;
}

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
