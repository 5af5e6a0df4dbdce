import { elementCount, integerOf, type Channel, type InfoDict } from '../scan/index.js';
import type { ImagePlan } from './images.js';
import type { KnownPaths } from './knownPaths.js';
import type { Attributes, TreeOperation } from './operation.js';
import type { LayoutOptions } from './options.js';
import { storageOf } from './storage.js';

const ATTRIBUTES: Attributes = { interpretation: 'image' };

/**
 * The images of an entry's detectors: mostly they stay where a detector saved them, and files that HDF5 cannot link are
 * listed.
 */
export class EntryImages {
  /** Channels whose images are in other files, with the shape of one. */
  readonly linked = new Map<Channel, readonly number[]>();
  readonly #info: InfoDict;
  readonly #options: LayoutOptions;
  readonly #known: KnownPaths;
  /** Channels whose images are copied, with the shape of one. */
  readonly #copied = new Map<Channel, readonly number[]>();

  constructor(info: InfoDict, options: LayoutOptions, known: KnownPaths) {
    this.#info = info;
    this.#options = options;
    this.#known = known;
  }

  /** The dataset at `path`, or what stands beside it. */
  operations(channel: Channel, path: string, plan: ImagePlan): TreeOperation[] {
    switch (plan.kind) {
      case 'list':
        return [{ op: 'texts', path, values: plan.names, attributes: ATTRIBUTES }];
      case 'external': {
        this.linked.set(channel, plan.frameShape);
        return [{ op: 'externalLink', path, file: plan.file, target: plan.dataset }];
      }
      case 'virtual': {
        const [, ...pointShape] = plan.shape;
        this.linked.set(channel, pointShape);
        return [{ op: 'points', path, type: plan.dtype, pointShape, chunkRows: 1, attributes: ATTRIBUTES }];
      }
      case 'copy': {
        const { dtype: type, frameShape: pointShape } = plan;
        const storage = storageOf(type, pointShape, integerOf(this.#info.get('npoints')), this.#options);
        this.#copied.set(channel, pointShape);
        return [{ op: 'points', path, type, pointShape, ...storage, attributes: ATTRIBUTES }];
      }
      case 'copied':
        return [{ op: 'texts', path: this.#known.free(`${path}_files`), values: plan.names }];
    }
  }

  /** Elements of one image, 0 where no image is reachable. */
  elements(channel: Channel): number {
    return elementCount(this.linked.get(channel) ?? this.#copied.get(channel) ?? [0]);
  }
}
