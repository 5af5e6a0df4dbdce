import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { messageOf, ScanWriterError } from '../scan/index.js';
import {
  clientOf,
  notedAddress,
  readServiceState,
  type HttpClient,
  type LiveScanState,
  type ScanState,
  type ServiceState,
} from '../service/index.js';
import { configOption, httpOption, stateOption, tokenOption, withConfig } from './options.js';
import { stopSignal } from './signals.js';
import { defaultStateFolder, SERVICE_STATE_FOLDER } from './stateFolder.js';
import { clearScreen, print, printable, printJson, shortNumber, tableLines } from './terminal.js';

const WATCH_MILLISECONDS = 1_000;

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('Show what a running writer does: sessions, scans, problems')
    .addOption(httpOption('where it answers: http://HOST:PORT'))
    .addOption(tokenOption('not needed for what is shown here'))
    .addOption(configOption())
    .addOption(stateOption())
    .option('--watch', 'look every second, until Ctrl-C')
    .option('--json', 'print one JSON object, with --watch one a line')
    .addHelpText(
      'after',
      `
Without --http it is the writer of the configuration (--config, $SCAN_WRITER_HTTP), else the one that says in its state
folder (--state) where it answers: on the same machine nothing has to be given.

Exit status: 0 it answered, whatever it said, 1 it cannot be reached, 2 wrong usage.

Example: scan-writer status --watch`,
    )
    .action(run);
}

async function run(_: unknown, command: Command): Promise<void> {
  const options = withConfig(command);
  const isJson = options['json'] === true;
  const ask = async (): Promise<ServiceState> => readServiceState(findClient(options));
  const show = isJson ? showJson : showTable;
  if (options['watch'] !== true) {
    show(await ask());
    return;
  }
  const signal = stopSignal();
  while (!signal.aborted) {
    const state = await ask().catch(unlessUsage);
    if (!isJson) clearScreen();
    if (!(state instanceof ScanWriterError)) show(state);
    else if (isJson) printJson({ error: { tag: state.tag, message: state.message } });
    else print(messageOf(state));
    await sleep(WATCH_MILLISECONDS, undefined, { signal }).catch(() => undefined);
  }
}

/** Who watches sees the writer go and come. */
function unlessUsage(error: unknown): ScanWriterError {
  if (error instanceof ScanWriterError && error.tag !== 'usage') return error;
  throw error;
}

/** @throws ScanWriterError `unreachable` when there is nothing to try */
function findClient({ http, tokenFile, state }: Readonly<Record<string, unknown>>): HttpClient {
  const folders = typeof state === 'string' ? [state] : [defaultStateFolder(), SERVICE_STATE_FOLDER];
  const noted = folders.map(notedAddress).find((address) => address !== undefined);
  // Port 0 is any that was free.
  const named = typeof http === 'string' && !/(^|:)0$/.test(http) ? http : undefined;
  const address = named ?? noted;
  if (address !== undefined) return clientOf(address, tokenFile);
  throw new ScanWriterError(
    'unreachable',
    `No running writer says in ${folders.join(' or ')} where it answers: start "scan-writer run" with --http 8350, or name the address with --http.`,
  );
}

function showJson({ isReady, ...state }: ServiceState): void {
  printJson({ is_ready: isReady, ...state });
}

function showTable(state: ServiceState): void {
  for (const line of linesOf(state)) print(printable(line));
}

function linesOf({ address, isReady, sessions, live, ended, problems }: ServiceState): string[] {
  return [
    `The writer at ${address} is ${isReady ? 'ready' : 'NOT READY'}.`,
    ...section(
      ['SESSION', 'FOLLOWED', 'LIVE', 'FINISHED', 'POINTS', 'GAPS'],
      sessions.map(({ name, is_followed: isFollowed, scans, points, gaps }) => [
        name,
        isFollowed ? 'yes' : 'no',
        String((scans['found'] ?? 0) + (scans['running'] ?? 0) + (scans['waiting'] ?? 0)),
        String(scans['finished'] ?? 0),
        shortNumber(points),
        String(gaps),
      ]),
    ),
    ...section(['LIVE SCAN', 'STATE', 'PROGRESS', 'POINTS', 'LAG', 'FILE'], live.map(liveRow)),
    ...section(['ENDED (UTC)', 'STATE', 'POINTS', 'SCAN', 'FILE, OR WHY THERE IS NONE'], ended.map(endedRow)),
    ...(problems.length === 0
      ? ['', 'No problems.']
      : ['', 'PROBLEMS', ...problems.map((text) => `! ${text}`)]),
  ];
}

function section(header: readonly string[], rows: readonly string[][]): string[] {
  return rows.length === 0 ? [] : ['', ...tableLines(header, rows)];
}

function liveRow({ name, session, state, rows, expected, points, channels, file }: LiveScanState): string[] {
  const lag = Math.max(0, ...channels.map(({ lag: { seconds } }) => seconds));
  const share = expected > 0 ? ` (${Math.floor((100 * rows) / expected)} %)` : '';
  return [
    `${session} ${name}`,
    state,
    `${rows}${expected > 0 ? `/${expected}` : ''}${share}`,
    shortNumber(points),
    `${lag.toFixed(1)} s`,
    file ?? '',
  ];
}

function endedRow({ session, name, state, status, points, end_time: time, file, why }: ScanState): string[] {
  return [
    (time ?? '').slice(0, 19).replace('T', ' '),
    status ?? state,
    shortNumber(points),
    `${session} ${name}`,
    file ?? why?.message ?? '',
  ];
}
