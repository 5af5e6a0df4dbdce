import { dictOf, integerOf, isInfoDict, textsOf, type InfoDict, type InfoValue } from '../scan/index.js';

/** One sub-scan: a top master of the acquisition chain and all channels below it. */
export interface SubScan {
  readonly topMaster: string;
  /** Full names in the order of the chain's devices. */
  readonly channels: readonly string[];
  /** Full names of the channels that are positioners (LAYOUT 1.4). */
  readonly positioners: ReadonlySet<string>;
}

/** `scan_info["acquisition_chain"]` in its own order, which decides the entry's number (PROTOCOL 6). */
export function subScansOf(info: InfoDict): SubScan[] {
  const devices = dictOf(info.get('devices'));
  return [...dictOf(info.get('acquisition_chain'))].map(([topMaster, branch]) =>
    subScanOf(topMaster, dictOf(branch), devices, info),
  );
}

function subScanOf(topMaster: string, branch: InfoDict, devices: InfoDict, info: InfoDict): SubScan {
  const ofDevices = textsOf(branch.get('devices')).map((id) => dictOf(devices.get(id)));
  const named = [
    ...ofDevices.flatMap((device) => textsOf(device.get('channels'))),
    ...listedChannels(dictOf(branch.get('master'))),
    ...listedChannels(branch),
  ];
  const master = ofDevices.find((device) => isTriggering(device.get('triggered_devices')));
  const positioners = textsOf(master?.get('channels')).filter((name) => isScalarChannel(name, branch, info));
  return { topMaster, channels: [...new Set(named)], positioners: new Set(positioners) };
}

function isTriggering(triggered: InfoValue | undefined): boolean {
  return textsOf(triggered).length > 0;
}

function listedChannels(branch: InfoDict): string[] {
  return ['scalars', 'spectra', 'images'].flatMap((key) => textsOf(branch.get(key)));
}

/** By the channel's `dim`; custom scans publish none, then by the list of the chain that holds it. */
function isScalarChannel(name: string, branch: InfoDict, info: InfoDict): boolean {
  const channel = dictOf(info.get('channels')).get(name);
  const dim = isInfoDict(channel) ? integerOf(channel.get('dim')) : undefined;
  if (dim !== undefined) return dim === 0;
  const wider = [branch, dictOf(branch.get('master'))].flatMap((dict) => [
    ...textsOf(dict.get('spectra')),
    ...textsOf(dict.get('images')),
  ]);
  return !wider.includes(name);
}
