import { spawn } from 'node:child_process';

const PATIENCE_SECONDS = 2;
/** Ends when our end of its stdin closes, which it does when this process is gone. */
const GUARD = `timeout ${PATIENCE_SECONDS} cat || kill -TERM "$0"`;

/**
 * Ends the process although a thread may be in a call of a disk that never returns: node would wait for that thread. It
 * is then ended by SIGTERM, for which the status is 143, and which systemd takes for an end in good order.
 */
export function exitAtOnce(status: number): never {
  process.removeAllListeners('SIGTERM');
  spawn('sh', ['-c', GUARD, String(process.pid)], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  process.exit(status);
}
