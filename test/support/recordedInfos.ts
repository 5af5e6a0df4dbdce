import { isInfoDict, type InfoDict, type InfoValue } from '../../src/scan/index.js';
import { toInfo, unpickle } from '../../src/subscriber/pickle/index.js';
import { expectedKeys } from '../recording/expectedKeys.js';
import { availableRecordings, recordingFolder, recordingMeta } from './recordings.js';

export interface RecordedInfo {
  readonly recording: string;
  readonly dbName: string;
  /** scan_info as it stands at the scan's end. */
  readonly info: InfoDict;
}

/** scan_info of every scan of the recordings, read without a Redis. */
export function recordedInfos(): RecordedInfo[] {
  return availableRecordings().flatMap((recording) => {
    const { hashes } = expectedKeys(recordingFolder(recording));
    return recordingMeta(recording).scans.flatMap(({ db_name: dbName }) => {
      const fields = hashes.get(`${dbName}_info`);
      if (fields === undefined) return [];
      const info = new Map<string, InfoValue>();
      for (const [name, base64] of fields) info.set(name, toInfo(unpickle(Buffer.from(base64, 'base64'))));
      return isInfoDict(info) ? [{ recording, dbName, info }] : [];
    });
  });
}
