import type { ReadAt, Write } from './access.js';
import { putChecksum } from './checksum.js';
import { dataspaceWithFrames, shapeIn } from './dataspace.js';
import { fillValueMessage } from './fillValue.js';
import { layoutKind, virtualLayoutMessage, type HeapObject } from './layoutMessage.js';
import type { VirtualLayout } from './mapping.js';
import {
  contentOf,
  encodeMessage,
  MESSAGE,
  MESSAGE_PREFIX_BYTES,
  onlyMessage,
  readObjectHeader,
  type ObjectHeader,
} from './objectHeader.js';
import { refuse } from './refusal.js';

/** IV.A.2.d: where the size of an element is in a datatype message. */
const ELEMENT_BYTES_AT = 4;

/** The one write that makes a placeholder, or with `replace` a virtual dataset, have this layout. */
export function virtualHeader(
  readAt: ReadAt,
  endOfFile: number,
  { address, shape, fill }: VirtualLayout,
  mapping: HeapObject,
  replace: boolean,
): Write {
  const header = readObjectHeader(readAt, Number(address), endOfFile);
  const { bytes } = header;
  const dataspace = onlyMessage(header, 'dataspace');
  const layout = onlyMessage(header, 'layout');
  refuseOtherDatasets(header, shape, replace);

  const changed = Buffer.from(bytes);
  const [frames = 0] = shape;
  changed.set(dataspaceWithFrames(contentOf(header, dataspace), frames), dataspace.start);
  const fillAndLayout = withFillValue(header, fill, virtualLayoutMessage(mapping));
  changed.set(fillAndLayout, layout.end - fillAndLayout.length);
  putChecksum(changed);
  return changedPart(header.address, bytes, changed);
}

function refuseOtherDatasets(header: ObjectHeader, shape: readonly number[], replace: boolean): void {
  if (header.messages.some(({ type }) => type === MESSAGE.filters || type === MESSAGE.externalFiles)) {
    refuse('a dataset has filters or external files');
  }
  const kind = layoutKind(contentOf(header, onlyMessage(header, 'layout')));
  if (kind === 'virtual' && !replace) refuse('a dataset is virtual already and was not to be replaced');
  const present = shapeIn(contentOf(header, onlyMessage(header, 'dataspace')));
  const isSameFrame =
    present.length === shape.length && shape.slice(1).every((length, index) => length === present[index + 1]);
  if (!isSameFrame) {
    refuse(`a dataset has the shape [${present.join(', ')}], which cannot become [${shape.join(', ')}]`);
  }
  if (kind === 'empty' && present[0] !== 0) refuse('a dataset has frames already');
}

/**
 * The messages of the fill value and of the layout, which are neighbours, in the same space: the layout of a
 * placeholder is longer than it has to be, and a fill value takes some of that.
 */
function withFillValue(header: ObjectHeader, fill: Uint8Array | undefined, newLayout: Buffer): Buffer {
  const layout = onlyMessage(header, 'layout');
  const layoutBytes = layout.end - layout.start;
  if (fill === undefined) return encodeMessage(header, layout, fitting(newLayout, layoutBytes), layoutBytes);

  const elementBytes = contentOf(header, onlyMessage(header, 'datatype')).readUInt32LE(ELEMENT_BYTES_AT);
  if (fill.length !== elementBytes)
    refuse(`an element has ${elementBytes} bytes, the fill value ${fill.length}`);
  const fillValue = onlyMessage(header, 'fillValue');
  if (fillValue.end !== layout.start - MESSAGE_PREFIX_BYTES) {
    refuse('the fill value and the layout of a dataset are not neighbours');
  }
  const newFillValue = fillValueMessage(contentOf(header, fillValue), fill);
  const left = layout.end - fillValue.start - newFillValue.length - MESSAGE_PREFIX_BYTES;
  return Buffer.concat([
    encodeMessage(header, fillValue, newFillValue),
    encodeMessage(header, layout, fitting(newLayout, left), left),
  ]);
}

function fitting(content: Buffer, bytes: number): Buffer {
  if (content.length > bytes) refuse('the header of a dataset has no room for its layout and its fill value');
  return content;
}

/** From the first to the last byte that differs: as little as possible, since a reader may come in between. */
function changedPart(address: number, before: Buffer, after: Buffer): Write {
  const first = after.findIndex((byte, index) => byte !== before[index]);
  const last = after.findLastIndex((byte, index) => byte !== before[index]);
  return { position: address + first, bytes: after.subarray(first, last + 1) };
}
