import fs from 'node:fs';
import type { ImageMapping, TreeOperation } from '../../layout/index.js';
import { messageOf } from '../../scan/index.js';
import type { Hdf5Library } from '../hdf5/index.js';
import { verifyVirtualDataset, writeVirtualLayout } from '../virtual/index.js';

/** A dataset without frames of its own that shows those of a detector's files. */
export interface VirtualImages {
  readonly path: string;
  readonly shape: readonly number[];
  readonly mappings: readonly ImageMapping[];
}

export interface MappedImages {
  /** What takes the place of images that could not be mapped. */
  readonly fallback: readonly TreeOperation[];
  readonly warnings: readonly string[];
}

/**
 * Maps the frames of detectors' files into a scan's file, which is closed, and reads them back. Where anything is off,
 * the dataset stays without frames and the files are linked one by one beside it (DESIGN decision 9).
 * @param addresses of the datasets, in their order
 */
export function mapImages(
  hdf5: Hdf5Library,
  file: string,
  images: readonly VirtualImages[],
  addresses: readonly bigint[],
): MappedImages {
  const fallback: TreeOperation[] = [];
  const warnings: string[] = [];
  for (const [index, { path, shape, mappings }] of images.entries()) {
    const address = addresses[index] ?? 0n;
    try {
      writeVirtualLayout(file, [{ address, shape, mappings }]);
      verifyVirtualDataset(hdf5, file, path, { shape, mappings });
    } catch (error) {
      warnings.push(`The images of ${path} are linked file by file: ${messageOf(error)}`);
      fallback.push(...linksTo(`${path}_files`, mappings));
      withdraw(file, address, shape);
    }
  }
  return { fallback, warnings };
}

/** No frames rather than wrong ones. */
function withdraw(file: string, address: bigint, [, ...frameShape]: readonly number[]): void {
  try {
    writeVirtualLayout(file, [{ address, shape: [0, ...frameShape], mappings: [] }], { replace: true });
  } catch {
    // It was not mapped at all.
  }
}

function linksTo(group: string, mappings: readonly ImageMapping[]): TreeOperation[] {
  return [
    { op: 'group', path: group, attributes: { NX_class: 'NXcollection' } },
    ...mappings.map(({ file, dataset }, index): TreeOperation => {
      const path = `${group}/${String(index).padStart(4, '0')}`;
      return { op: 'externalLink', path, file, target: dataset };
    }),
  ];
}

/** Lets us open a finished file again, whose mode is read-only for everybody else's sake (DESIGN decision 5). */
export function whileWritable<T>(file: string, mode: number, act: () => T): T {
  fs.chmodSync(file, mode | 0o200);
  try {
    return act();
  } finally {
    fs.chmodSync(file, mode);
  }
}
