import type { Link } from '../writer/index.js';
import { clauseOf } from './clause.js';
import { joined, namesOf, type Broken, type Reached } from './view.js';
import type { FileReader } from './fileReader.js';

/** As many soft and external links as HDF5 follows on one path, after which it speaks of too many. */
const MOST_LINKS = 16;

/**
 * What a path leads to from a group, through links of every kind. HDF5 could follow them itself, but h5wasm leaks
 * memory for what does not exist, and says of a missing target no more than that there is an error.
 * @param start a file, or why there is none
 * @param group hard path of the group from which a relative path starts
 */
export function follow(start: FileReader | Broken, group: string, path: string): Reached {
  if (start.kind === 'broken') return start;
  let reader = start;
  let here = path.startsWith('/') ? '/' : group;
  let names = hdf5Names(path);
  let links = 0;
  try {
    for (;;) {
      const [name, ...rest] = names;
      if (name === undefined) return reader.objectAt(here);
      const next = joined(here, name);
      if (reader.objectAt(here).kind !== 'group' || !reader.namesIn(here).set.has(name))
        return missing(reader, start, next);
      const link = linkAt(reader, next);
      if (link.kind === 'broken') return link;
      if (link.kind === 'hard') {
        [here, names] = [next, rest];
        continue;
      }
      if (++links > MOST_LINKS) return circle(next);
      names = [...hdf5Names(link.target), ...rest];
      if (link.kind === 'soft') {
        if (link.target.startsWith('/')) here = '/';
        continue;
      }
      const other = reader.beside(link.file);
      if (other.kind === 'broken') return other;
      [reader, here] = [other, '/'];
    }
  } catch (error) {
    return { kind: 'broken', why: 'unreadable', reason: clauseOf(error) };
  }
}

/** The group lists this name, and yet HDF5 may not find it: the bytes of a name that is no UTF-8 are lost on their way. */
function linkAt(reader: FileReader, path: string): Link | Broken {
  try {
    return reader.linkOf(path);
  } catch (error) {
    return { kind: 'broken', why: 'name', reason: clauseOf(error) };
  }
}

/** `.` stands for the same group, unlike `..`, which HDF5 takes for a name. */
function hdf5Names(path: string): string[] {
  return namesOf(path).filter((name) => name !== '.');
}

function missing(reader: FileReader, start: FileReader, path: string): Broken {
  const where = reader.file === start.file ? path : `${path} in ${reader.file}`;
  return { kind: 'broken', why: 'missing', reason: `${where} does not exist` };
}

function circle(path: string): Broken {
  return { kind: 'broken', why: 'circle', reason: `links go round in a circle at ${path}` };
}
