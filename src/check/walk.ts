import { joined, type Broken, type GroupView, type ObjectView } from '../reading/index.js';

/** What a walk meets: an object, a part that cannot be read, a group that leads back to one it is in, or what was left out. */
export type Met =
  | ObjectView
  | { readonly kind: 'damaged'; readonly path: string; readonly broken: Broken }
  | { readonly kind: 'loop'; readonly path: string; readonly ancestor: string }
  | { readonly kind: 'cut'; readonly path: string; readonly reason: string };

/** So many names are looked at in one file: more would take minutes. */
const MOST_NAMES = 100_000;
const DEEPEST = 100;

interface Place {
  readonly group: GroupView;
  /** The groups it is in, and itself, by their addresses. */
  readonly way: ReadonlyMap<bigint, string>;
}

/**
 * Every object of a file once, the root first, by hard links alone: other links are looked at where they are.
 * Leaves out what is too much, and says so.
 */
export function* walk(root: GroupView, mostNames = MOST_NAMES): Generator<Met> {
  const seen = new Set([root.address]);
  const places: Place[] = [{ group: root, way: new Map([[root.address, root.path]]) }];
  let names = 0;
  yield root;
  for (let here = places.pop(); here !== undefined; here = places.pop()) {
    const { group, way } = here;
    const deeper: Place[] = [];
    const listed = group.names();
    names += listed.length;
    if (names > mostNames) {
      yield { kind: 'cut', path: group.path, reason: `The file has more than ${mostNames} names` };
      return;
    }
    if (listed.length < group.size) {
      const reason = `Only the first ${listed.length} of ${group.size} names in this group were looked at`;
      yield { kind: 'cut', path: group.path, reason };
    }
    for (const name of listed) {
      if (group.link(name).kind !== 'hard') continue;
      const path = joined(group.path, name);
      const object = group.at(name);
      if (object.kind === 'broken') {
        yield { kind: 'damaged', path, broken: object };
        continue;
      }
      const ancestor = way.get(object.address);
      if (ancestor !== undefined) yield { kind: 'loop', path, ancestor };
      if (seen.has(object.address)) continue;
      seen.add(object.address);
      yield object;
      if (object.kind !== 'group') continue;
      if (way.size < DEEPEST) deeper.push({ group: object, way: new Map([...way, [object.address, path]]) });
      else yield { kind: 'cut', path, reason: `Groups are nested deeper than ${DEEPEST} levels` };
    }
    places.push(...deeper.reverse());
  }
}
