import os from 'node:os';
import path from 'node:path';

/** Of a service that systemd starts. */
export const SERVICE_STATE_FOLDER = '/var/lib/scan-writer';

/** Where a service remembers what it did: as systemd says, else where the user's programs do (XDG). */
export function defaultStateFolder(env: NodeJS.ProcessEnv = process.env): string {
  const { STATE_DIRECTORY, XDG_STATE_HOME } = env;
  // systemd names several folders with colons between them.
  const [ofService] = (STATE_DIRECTORY ?? '').split(':');
  if (ofService) return ofService;
  const home = XDG_STATE_HOME && path.isAbsolute(XDG_STATE_HOME) ? XDG_STATE_HOME : undefined;
  return path.join(home ?? path.join(os.homedir(), '.local', 'state'), 'scan-writer');
}
