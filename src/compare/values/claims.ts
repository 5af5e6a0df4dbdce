import { statSync } from 'node:fs';
import { elementCount, itemSize } from '../../scan/index.js';
import type { DatasetView, Reached } from '../../reading/index.js';

/** No filter makes numbers more than a thousand times smaller; small files may have what they want. */
const MOST_EXPANSION = 2000;
const FREE_BYTES = 16 * 1024 ** 3;

/**
 * What is wrong with the shape of a dataset that is so large that nobody can have written its values: reading it would
 * not end. A clause, or undefined.
 */
export function unbelievable(dataset: DatasetView): string | undefined {
  const { shape, stored } = dataset;
  const size =
    stored.kind === 'numbers' ? itemSize(stored.dtype) : stored.kind === 'unreadable' ? 1 : stored.bytes;
  const claimed = elementCount(shape ?? [0]) * size;
  if (claimed <= FREE_BYTES) return undefined;
  const files = new Set([dataset.file]);
  for (const source of dataset.sources) {
    const found = dataset.sourceAt(source);
    if (found.kind !== 'broken') files.add(found.file);
  }
  const there = [...files].reduce((sum, file) => sum + statSync(file).size, 0);
  if (claimed <= FREE_BYTES + MOST_EXPANSION * there) return undefined;
  return `it claims ${claimed} bytes, and its files have ${there}`;
}

/** Sources of a virtual dataset that are not there: what it takes from them reads as 0. */
export function missingSources(dataset: DatasetView): string[] {
  return dataset.sources.flatMap((source) => {
    const found: Reached = dataset.sourceAt(source);
    return found.kind === 'broken' ? [found.reason] : [];
  });
}
