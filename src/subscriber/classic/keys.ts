/**
 * Keys of a node (PROTOCOL 3). Always from nodes to keys: a directory called `x_prepared` makes the reverse ambiguous.
 */
export const infoKey = (node: string): string => `${node}_info`;
export const childrenKey = (node: string): string => `${node}_children_list`;
export const dataKey = (node: string): string => `${node}_data`;
export const dataReferenceKey = (node: string): string => `${node}_data_ref`;
export const preparedKey = (scan: string): string => `${scan}_prepared`;
export const endKey = (scan: string): string => `${scan}_end`;

/** Whether `node` is the other node or stands somewhere below it. */
export function isBelow(node: string, ancestor: string): boolean {
  return node.startsWith(`${ancestor}:`);
}
