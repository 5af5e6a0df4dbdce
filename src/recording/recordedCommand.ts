import { isUtf8 } from 'node:buffer';
import { z } from 'zod';

/** One command of the publisher, as it was recorded. */
export interface RecordedCommand {
  /** Line in the recording, from 1. */
  readonly line: number;
  /** Seconds since the recording began. */
  readonly time: number;
  /** Upper case, one of `PUBLISHER_COMMANDS`. */
  readonly name: string;
  readonly args: readonly (string | Buffer)[];
  /** Part of "create this stream empty unless its key exists", see `createsStream`. */
  readonly ifAbsent: boolean;
}

/**
 * What a publisher sends (PROTOCOL 3 to 6) and its closest relatives. Nothing that acts on the server, on other keys
 * than its own, on other dbs, or runs code: a recording may come from anywhere.
 */
const PUBLISHER_COMMANDS = new Set([
  'HSET',
  'HMSET',
  'HSETNX',
  'HDEL',
  'HINCRBY',
  'HINCRBYFLOAT',
  'XADD',
  'XDEL',
  'XTRIM',
  'EXPIRE',
  'LPUSH',
  'RPUSH',
  'INCR',
  'INCRBY',
  'SET',
  'SETNX',
  'MULTI',
  'EXEC',
]);

const argumentSchema = z.union(
  [z.string(), z.strictObject({ b64: z.string().refine(isBase64) }).transform(({ b64 }) => decode(b64))],
  { error: 'an argument is text, or {"b64": bytes in base64}' },
);

const lineSchema = z.strictObject({
  t: z.number(),
  cmd: z.tuple([z.string()], argumentSchema),
  if_absent: z.boolean().optional(),
});

/** Reads one line of a recording. Throws an Error that says what is wrong with the line. */
export function parseCommand(text: string, line: number): RecordedCommand {
  const parsed = lineSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error).replaceAll('\n', ' '));
  const { t: time, cmd, if_absent: ifAbsent = false } = parsed.data;
  const [name, ...args] = cmd;
  const command = { line, time, name: name.toUpperCase(), args, ifAbsent };
  if (!PUBLISHER_COMMANDS.has(command.name)) {
    throw new Error(`no publisher sends ${JSON.stringify(name.slice(0, 40))}, it is not replayed`);
  }
  if (ifAbsent && !createsStream(command) && !emptiesStream(command)) {
    throw new Error('if_absent belongs only to XADD key 0-1 and XDEL key 0-1');
  }
  return command;
}

/** A command that is to be recorded. */
export interface NewCommand {
  readonly cmd: readonly [string, ...(readonly (string | Buffer)[])];
  readonly ifAbsent?: true;
}

/** The line of a command, without its end: what {@link parseCommand} reads. */
export function formatCommand({ cmd, ifAbsent }: NewCommand, time: number): string {
  const line = { t: Number(time.toFixed(6)), cmd: cmd.map(formatArgument) };
  return JSON.stringify(ifAbsent === true ? { ...line, if_absent: true } : line);
}

function formatArgument(argument: string | Buffer): string | { b64: string } {
  if (typeof argument === 'string') return argument;
  return isUtf8(argument) ? argument.toString('utf8') : { b64: argument.toString('base64') };
}

/** The pair that creates an empty stream unless its key exists. */
export function streamCreation(key: string): NewCommand[] {
  return [
    { cmd: ['XADD', key, '0-1', 'key', 'value'], ifAbsent: true },
    { cmd: ['XDEL', key, '0-1'], ifAbsent: true },
  ];
}

/** The first of the pair that creates an empty stream whose last id is 0-1 (PROTOCOL 4.1). */
export function createsStream({ name, args, ifAbsent }: RecordedCommand): boolean {
  return ifAbsent && name === 'XADD' && args.length === 4 && args[1] === '0-1';
}

/** The second of the pair that creates an empty stream. */
export function emptiesStream({ name, args, ifAbsent }: RecordedCommand): boolean {
  return ifAbsent && name === 'XDEL' && args.length === 2 && args[1] === '0-1';
}

/** Bytes that the command takes on its way, about. */
export function sizeOf({ args }: RecordedCommand): number {
  return args.reduce((sum, argument) => sum + argument.length, 0);
}

/** The command and its key, short enough for a message. */
export function describe({ name, args }: RecordedCommand): string {
  const key = args[0]?.toString() ?? '';
  return `${name} ${key.length > 120 ? `${key.slice(0, 120)}...` : key}`.trimEnd();
}

function decode(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}

/** Node skips what is no base64; a length that does not fit shows that it did. */
function isBase64(text: string): boolean {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return text.length % 4 === 0 && decode(text).length === (text.length / 4) * 3 - padding;
}
