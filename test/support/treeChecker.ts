import { expect } from 'vitest';
import type { Attributes, TreeOperation } from '../../src/layout/index.js';

/** What stands at a path; its text or link target where it has one. */
export interface Built {
  readonly op: TreeOperation['op'];
  readonly operation: TreeOperation;
  readonly attributes: Record<string, unknown>;
}

/**
 * Builds a file from operations in memory and is as strict as HDF5 and our rules: parents first, nothing twice, links
 * after their targets, eight attributes at most (LAYOUT 0.13).
 */
export class TreeChecker {
  readonly built = new Map<string, Built>([
    ['/', { op: 'group', operation: { op: 'group', path: '/' }, attributes: {} }],
  ]);
  /** Links that users published may lead nowhere. */
  readonly #mayDangle: (path: string) => boolean;

  constructor(mayDangle: (path: string) => boolean = () => false) {
    this.#mayDangle = mayDangle;
  }

  apply(operations: readonly TreeOperation[]): this {
    for (const operation of operations) this.#applyOne(operation);
    return this;
  }

  at(path: string): Built {
    const built = this.built.get(path);
    if (built === undefined) throw new Error(`nothing at ${path}; there are ${this.paths().join(' ')}`);
    return built;
  }

  has(path: string): boolean {
    return this.built.has(path);
  }

  paths(below = ''): string[] {
    return [...this.built.keys()].filter((path) => path !== '/' && path.startsWith(below));
  }

  /** Names in a group. */
  names(group: string): string[] {
    const prefix = `${group}/`;
    return this.paths(prefix)
      .map((path) => path.slice(prefix.length))
      .filter((name) => !name.includes('/'));
  }

  target(path: string): string {
    const { operation } = this.at(path);
    if (operation.op !== 'softLink') throw new Error(`${path} is no link`);
    return operation.target;
  }

  text(path: string): string {
    const { operation } = this.at(path);
    if (operation.op !== 'text') throw new Error(`${path} is no text`);
    return operation.value;
  }

  #applyOne(operation: TreeOperation): void {
    const { op, path } = operation;
    if (op === 'rewriteText') {
      expect(this.at(path).op, path).toBe('text');
      return;
    }
    if (op === 'pad') {
      expect(this.at(path).op, path).toBe('points');
      return;
    }
    if (op === 'attributes') {
      this.#addAttributes(path, operation.attributes);
      return;
    }
    expect(path).toMatch(/^(\/[^/\0]+)+$/);
    expect(path.split('/').some((name) => name === '.' || name === '..')).toBe(false);
    expect(this.has(path), `${path} is made twice`).toBe(false);
    const parent = path.slice(0, path.lastIndexOf('/')) || '/';
    expect(this.built.get(parent)?.op, `${path} has no parent group`).toBe('group');
    if (op === 'softLink' && !this.#mayDangle(path)) {
      expect(this.has(operation.target), `${path} leads to ${operation.target}`).toBe(true);
    }
    this.built.set(path, { op, operation, attributes: {} });
    if ('attributes' in operation) this.#addAttributes(path, operation.attributes ?? {});
  }

  #addAttributes(path: string, added: Attributes): void {
    const { attributes } = this.at(path);
    for (const [name, value] of Object.entries(added)) {
      expect(Object.hasOwn(attributes, name), `${path}@${name} is written twice`).toBe(false);
      attributes[name] = value;
    }
    expect(Object.keys(attributes).length, `attributes of ${path}`).toBeLessThanOrEqual(8);
  }
}
