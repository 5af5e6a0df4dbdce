import path from 'node:path';
import { entryNames, type MasterLink, type ScanTree, type TreeOperation } from '../layout/index.js';
import { messageOf, type Channel, type ScanEventOf } from '../scan/index.js';
import { scanTarget } from './target/index.js';
import type { WriteScanOptions } from './writeScanOptions.js';

/** Links from a group of scans to the files of its members. */
export class MemberLinks {
  readonly #options: Pick<WriteScanOptions, 'target' | 'onWarning'>;
  /** By the channel that names the members. */
  readonly #links = new Map<Channel, MasterLink[]>();

  constructor(options: Pick<WriteScanOptions, 'target' | 'onWarning'>) {
    this.#options = options;
  }

  /** A member's file stands where that scan says; one that we do not write cannot be linked. */
  add({ channel, member, info }: ScanEventOf<'memberScan'>, groupFile: string): void {
    const scan = { dbName: member, startTimestamp: NaN };
    const links = this.#links.get(channel) ?? [];
    this.#links.set(channel, links);
    try {
      const { file } = scanTarget(scan, info, this.#options.target);
      const relative = path.relative(path.dirname(groupFile), file);
      for (const name of entryNames(scan, info)) {
        if (links.every((link) => link.name !== name))
          links.push({ name, file: relative, target: `/${name}` });
      }
    } catch (error) {
      this.#options.onWarning?.(`Member ${member} of the group is not linked: ${messageOf(error)}`);
    }
  }

  operations(tree: ScanTree): TreeOperation[] {
    return [...this.#links].flatMap(([channel, links]) => tree.members(channel, links));
  }
}
