import { spawn } from 'node:child_process';
import type { Logger } from 'pino';
import type { ServiceReports } from '../service/index.js';

const MICROSECONDS_A_MILLISECOND = 1_000;
/** Of the time after which systemd takes us for dead. */
const BEATS = 3;

/**
 * Tells systemd that the service runs, that it lives, and that it ends (Type=notify). Node has no sockets of the kind
 * that this takes, so that systemd-notify sends it. Without systemd nothing is done.
 */
export function systemdReports(log: Logger, env: NodeJS.ProcessEnv = process.env): ServiceReports {
  const { NOTIFY_SOCKET, WATCHDOG_USEC } = env;
  if (NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === '') return {};
  const tell = (...words: string[]): void => {
    spawn('systemd-notify', words, { stdio: 'ignore' }).on('error', (error) => {
      log.warn({ err: error }, `systemd cannot be told ${words.join(' ')}: is systemd-notify there?`);
    });
  };
  const milliseconds = Number(WATCHDOG_USEC) / MICROSECONDS_A_MILLISECOND / BEATS;
  if (milliseconds >= 1) {
    // A main thread that hangs does not come here.
    setInterval(() => {
      tell('WATCHDOG=1');
    }, milliseconds).unref();
  }
  return {
    onReady: () => {
      tell('--ready', 'STATUS=following');
    },
    onDraining: () => {
      tell('STOPPING=1', 'STATUS=writing what was read');
    },
  };
}
