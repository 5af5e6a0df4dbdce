/** A client of the HTTP side of a service. */
import { parseHttp } from '../http/index.js';
import { HttpClient } from './httpClient.js';

export {
  readServiceState,
  type LiveScanState,
  type ScanState,
  type ServiceState,
  type SessionState,
} from './serviceState.js';
export type { HttpClient } from './httpClient.js';

/**
 * @param http as `--http` of `run`, or with `http://` in front
 * @throws ScanWriterError `usage`
 */
export function clientOf(http: string, tokenFile: unknown): HttpClient {
  const address = http.replace(/^http:\/\//, '').replace(/\/$/, '');
  const settings = parseHttp({ http: address, tokenFile });
  if (settings === undefined) throw new TypeError('there is an address');
  return new HttpClient(settings);
}
