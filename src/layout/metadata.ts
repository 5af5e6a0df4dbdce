import path from 'node:path/posix';
import {
  describe,
  isInfoDict,
  isInfoList,
  numberOf,
  textOf,
  textsOf,
  type InfoDict,
  type InfoValue,
} from '../scan/index.js';
import { pathComponent, valueOperations } from './dictionary.js';
import type { KnownPaths } from './knownPaths.js';
import type { Attributes, AttributeValue, TreeOperation } from './operation.js';

/** Categories that are written elsewhere in the file. */
const OTHER_CATEGORIES: readonly string[] = ['nexuswriter', 'positioners'];

/**
 * What controllers and users publish to be kept: the categories that `scan_meta_categories` names, each a dictionary
 * that becomes a group of the entry, merged into what is there (LAYOUT 1.2, 1.3).
 * In a dictionary `@name` is an attribute of the group, `name@units` one of the object `name`, and `>name` a link.
 */
export function categoryOperations(entry: string, info: InfoDict, known: KnownPaths): TreeOperation[] {
  return [...new Set(textsOf(info.get('scan_meta_categories')))]
    .filter((category) => !OTHER_CATEGORIES.includes(category))
    .flatMap((category) => {
      const value = info.get(category);
      return value === undefined ? [] : memberOperations(entry, category, value, {}, known);
    });
}

/**
 * A published dictionary as the group `name`, merged into one that is there; beside it as `name_2` where something else
 * has the name. Nothing that is there is touched.
 */
export function mergeOperations(
  parent: string,
  name: string,
  info: InfoDict | undefined,
  known: KnownPaths,
): TreeOperation[] {
  return info === undefined ? [] : memberOperations(parent, name, info, {}, known);
}

function memberOperations(
  parent: string,
  name: string,
  value: InfoValue,
  attributes: Attributes,
  known: KnownPaths,
): TreeOperation[] {
  const wanted = `${parent}/${pathComponent(name)}`;
  if (isInfoDict(value)) {
    const group = known.isGroup(wanted) ? wanted : known.free(wanted);
    return dictOperations(group, value, { ...attributes, ...attributesOf(value, '') }, known);
  }
  const operations = valueOperations(known.free(wanted), value, attributes);
  known.record(operations);
  return operations;
}

function dictOperations(
  group: string,
  dict: InfoDict,
  attributes: Attributes,
  known: KnownPaths,
): TreeOperation[] {
  const operations: TreeOperation[] = [];
  if (!known.isGroup(group)) {
    operations.push({ op: 'group', path: group, attributes: { NX_class: 'NXcollection', ...attributes } });
  } else {
    // What a group of ours says already stays, above all its class.
    const others = Object.fromEntries(
      Object.entries(attributes).filter(([name]) => !known.hasAttribute(group, name)),
    );
    if (Object.keys(others).length > 0)
      operations.push({ op: 'attributes', path: group, attributes: others });
  }
  known.record(operations);
  for (const [key, value] of dict) {
    if (key.startsWith('>')) operations.push(...linkOperations(group, key.slice(1), value, known));
    else if (!key.includes('@')) {
      operations.push(...memberOperations(group, key, value, attributesOf(dict, key), known));
    }
  }
  return operations;
}

/** Attributes of the group (`owner` empty) or of one dataset in it. */
function attributesOf(dict: InfoDict, owner: string): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  for (const [key, value] of dict) {
    const at = key.indexOf('@');
    if (at < 0 || key.slice(0, at) !== owner || at + 1 === key.length || value === null) continue;
    attributes[key.slice(at + 1)] = attributeValue(value);
  }
  return attributes;
}

function attributeValue(value: InfoValue): AttributeValue {
  const text = textOf(value);
  if (text !== undefined) return text;
  if (isInfoList(value)) return value.map(describe);
  return (typeof value === 'boolean' ? Number(value) : numberOf(value)) ?? describe(value);
}

/** Targets are relative to the group; HDF5 has no `..`, so they are made absolute (LAYOUT 5.3 rule 11). */
function linkOperations(group: string, name: string, value: InfoValue, known: KnownPaths): TreeOperation[] {
  const published = textOf(value);
  if (published === undefined || name === '') return [];
  const operations: TreeOperation[] = [
    {
      op: 'softLink',
      path: known.free(`${group}/${pathComponent(name)}`),
      target: path.resolve(group, published.replaceAll('\0', '_')),
    },
  ];
  known.record(operations);
  return operations;
}
