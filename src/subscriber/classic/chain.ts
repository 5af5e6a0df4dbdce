import { dictOf, lookUp, textsOf, type InfoDict } from '../../scan/index.js';
import type { Node } from './nodes.js';

/**
 * The nodes below a device as scan_info tells them: what NEW_NODE announced, should the stream be gone. Both are made from
 * the same acquisition chain (PROTOCOL 2 and 6).
 * @param parent the device's node, or the scan's
 * @param path names of the devices from the top master down to the parent, empty for the scan
 */
export function childrenInChain(info: InfoDict, parent: string, path: readonly string[]): Node[] {
  const devices = dictOf(info.get('devices'));
  if (path.length === 0) {
    const masters = [...dictOf(info.get('acquisition_chain')).keys()];
    return masters.map((name) => ({ id: `${parent}:${name}`, name, type: 'device' }));
  }
  const ids = idsAt(devices, path);
  const children = new Map<string, Node>();
  for (const id of ids) {
    for (const name of textsOf(lookUp(devices, id, 'channels'))) {
      const node = `${parent}:${lastPart(name)}`;
      children.set(node, { id: node, name, type: 'channel' });
    }
    for (const name of triggeredBy(devices, id).map(deviceName)) {
      const node = `${parent}:${name}`;
      children.set(node, { id: node, name, type: 'device' });
    }
  }
  return [...children.values()];
}

/** Ids of the devices at the end of a path of names; no device twice on its own way, whatever scan_info says. */
function idsAt(devices: InfoDict, path: readonly string[]): string[] {
  const [master, ...rest] = path;
  const triggered = new Set([...devices.keys()].flatMap((id) => triggeredBy(devices, id)));
  let ids = [...devices.keys()].filter((id) => !triggered.has(id) && deviceName(id) === master);
  const passed = new Set(ids);
  for (const name of rest) {
    const next = ids.flatMap((id) => triggeredBy(devices, id));
    ids = [...new Set(next)].filter((id) => !passed.has(id) && deviceName(id) === name);
    for (const id of ids) passed.add(id);
  }
  return ids;
}

function triggeredBy(devices: InfoDict, id: string): string[] {
  return textsOf(lookUp(devices, id, 'triggered_devices'));
}

/** Device ids are `<number>:<device name>`. */
function deviceName(id: string): string {
  return id.slice(id.indexOf(':') + 1);
}

export function lastPart(name: string): string {
  return name.split(':').at(-1) ?? name;
}
