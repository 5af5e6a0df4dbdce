import { stringify } from 'smol-toml';
import { publicAddress } from '../../subscriber/index.js';
import type { Config } from './config.js';
import { RUN_KEYS } from './keys.js';

/** What applies to `run` as TOML, with the source of each value as a comment. Addresses are without passwords. */
export function configText(config: Config): string {
  const lines = RUN_KEYS.map((key) => {
    const given = config.get(key);
    if (given === undefined) return `# ${key} is not set`;
    const value = key === 'redis' ? publicAddress(String(given.value)) : given.value;
    return `${stringify({ [key]: value }).trim()}  # ${given.source}`;
  });
  return lines.join('\n');
}
