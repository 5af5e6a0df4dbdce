import type { Redis } from 'ioredis';
import type { InfoDict, InfoValue } from '../../scan/index.js';
import { readInfos, readNodeTypes } from './nodes.js';

/** Nodes of the data policy above a scan, the outer one first (PROTOCOL 2). */
const POLICY_TYPES: readonly string[] = ['dataset_collection', 'dataset'];

/** The fields of the collection and the dataset that a scan belongs to; empty without a data policy. */
export async function readDatasetInfo(redis: Redis, scan: string): Promise<InfoDict> {
  const parts = scan.split(':');
  const ids = [parts.slice(0, -2).join(':'), parts.slice(0, -1).join(':')].filter((id) => id !== '');
  const types = await readNodeTypes(redis, ids);
  const infos = await readInfos(redis, ids);
  const fields = new Map<string, InfoValue>();
  infos.forEach((info, index) => {
    if (!POLICY_TYPES.includes(types[index] ?? '')) return;
    for (const [name, value] of info) fields.set(name, value);
  });
  return fields;
}
