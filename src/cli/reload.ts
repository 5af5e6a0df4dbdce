import type { Command } from 'commander';
import type { Logger } from 'pino';
import { messageOf } from '../scan/index.js';
import {
  changedKeys,
  parseRunOptions,
  valuesOf,
  type Config,
  type ServiceControl,
} from '../service/index.js';
import { runConfigOf } from './options.js';

/** At SIGHUP the configuration file is read again: other sessions are followed, the rest has to wait for a restart. */
export function reloadSessions(command: Command, first: Config, control: ServiceControl, log: Logger): void {
  process.on('SIGHUP', () => {
    try {
      const config = runConfigOf(command);
      const { sessions } = parseRunOptions(valuesOf(config));
      control.followSessions(sessions);
      log.info({ sessions }, `configuration read again: ${describe(sessions)}`);
      const changed = changedKeys(first, config);
      if (changed.length === 0) return;
      log.warn({ changed }, `changed, but only a restart takes it: ${changed.join(', ')}`);
    } catch (error) {
      log.error({ err: error }, `configuration not taken, nothing changes: ${messageOf(error)}`);
    }
  });
}

function describe(sessions: readonly string[] | 'all'): string {
  return sessions === 'all' ? 'all sessions are followed' : `following ${sessions.join(', ')}`;
}
