import { subScansOf } from '../../src/layout/chain.js';
import { DEFAULT_LAYOUT, ScanTree, type LayoutOptions, type ScanReport } from '../../src/layout/index.js';
import type { Channel, InfoDict, ScanIdentity } from '../../src/scan/index.js';
import { channelOf, scanOf } from '../support/scanInfo.js';
import { TreeChecker } from '../support/treeChecker.js';

export function treeOf(
  info: InfoDict,
  scan: ScanIdentity = scanOf(),
  options: Partial<LayoutOptions> = {},
): ScanTree {
  const program = { name: 'scan-writer', version: '1.0' };
  const layout = { ...DEFAULT_LAYOUT, ...options };
  return new ScanTree(scan, info, { program, fileName: '/data/a_scan0012.h5', now: 1_700_000_001, layout });
}

export function reportOf(info: InfoDict, rest: Partial<ScanReport> = {}): ScanReport {
  const nothing = {
    counts: new Map(),
    missing: [],
    manifest: [],
    rows: new Map(),
    positions: new Map(),
    devices: [],
    dataset: new Map(),
  };
  return { message: '', now: 1_700_000_100, state: 'DONE', info, ...nothing, ...rest };
}

/** The finished file of a scan with one point in every announced channel; points come in another order than channels. */
export function wholeFile(
  info: InfoDict,
  channels: readonly Channel[] = announced(info),
  mayDangle?: (path: string) => boolean,
  options: Partial<LayoutOptions> = {},
): { file: TreeChecker; tree: ScanTree } {
  const tree = treeOf(info, scanOf(), options);
  const file = new TreeChecker(mayDangle).apply(tree.start());
  for (const channel of channels) file.apply(tree.addChannel(channel));
  for (const channel of [...channels].reverse()) {
    file.apply(tree.firstPoints(channel, channel.dtype ?? 'float64', channel.shape));
  }
  const counts = new Map(channels.map((channel) => [channel, 1]));
  file.apply(tree.end(reportOf(info, { counts, rows: counts }))).apply(tree.status('SUCCEEDED'));
  return { file, tree };
}

/** The channels that scan_info names. */
export function announced(info: InfoDict): Channel[] {
  return subScansOf(info).flatMap(({ topMaster, channels }) =>
    channels.map((name) => channelOf(name, { devices: [topMaster] })),
  );
}
