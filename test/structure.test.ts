import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const SRC = path.resolve(import.meta.dirname, '../src');

/** What each part may import besides itself (DESIGN, "The house"). `version` is a constant without imports of ours. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  scan: [],
  layout: ['scan'],
  subscriber: ['scan'],
  writer: ['scan', 'layout'],
  // Recording reads a session as a subscriber does: the same connections, streams and keys.
  recording: ['scan', 'subscriber'],
  reading: ['scan', 'writer'],
  check: ['scan', 'reading', 'writer', 'version'],
  compare: ['scan', 'reading', 'writer', 'version'],
  service: ['scan', 'subscriber', 'writer', 'version'],
  demo: ['scan', 'service', 'recording', 'writer', 'version'],
  cli: ['scan', 'service', 'recording', 'demo', 'check', 'compare', 'version'],
  index: ['scan', 'layout', 'subscriber', 'writer', 'service', 'version'],
  version: [],
};

/** Redis commands that change something, without those whose names are also methods of JavaScript (set, append). */
const WRITING_COMMANDS = new Set(
  `xadd xdel xtrim xack xclaim xautoclaim xgroup xreadgroup xsetid hset hsetnx hmset hdel hincrby hincrbyfloat expire expireat
  pexpire pexpireat persist del unlink lpush lpushx rpush rpushx lpop rpop lset lrem ltrim linsert rpoplpush lmove blpop brpop
  incr incrby incrbyfloat decr decrby mset msetnx setex psetex setnx setrange getset getdel getex sadd srem spop smove zadd
  zincrby zrem zpopmin zpopmax rename renamenx restore migrate flushdb flushall eval evalsha fcall publish spublish pfadd
  geoadd setbit bitfield bitop swapdb`.split(/\s+/),
);

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isOurs: boolean;
  readonly isTypeOnly: boolean;
}

interface Source {
  readonly file: string;
  readonly syntax: ts.SourceFile;
}

const sources: readonly Source[] = readdirSync(SRC, { recursive: true })
  .map(String)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({
    file,
    syntax: ts.createSourceFile(
      file,
      readFileSync(path.join(SRC, file), 'utf8'),
      ts.ScriptTarget.Latest,
      true,
    ),
  }));

const imports = sources.flatMap(importsOf);

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  node.forEachChild((child) => {
    visit(child, see);
  });
}

/** Every import, re-export, `import()` and `require` of a file. */
function importsOf({ file, syntax }: Source): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, isTypeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const isOurs = specifier.text.startsWith('.');
    const target = path.join(path.dirname(file), specifier.text).replace(/\.js$/, '.ts');
    found.push({ from: file, to: isOurs ? target : specifier.text, isOurs, isTypeOnly });
  };
  visit(syntax, (node) => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true);
    else if (ts.isCallExpression(node)) {
      const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
      const isRequire = ts.isIdentifier(node.expression) && node.expression.text === 'require';
      if (isImport || isRequire) add(node.arguments[0], false);
    }
  });
  return found;
}

/** `writer` for `writer/files/lock.ts`, `version` for `version.ts`. */
function partOf(file: string): string {
  return (file.split(path.sep)[0] ?? file).replace(/\.ts$/, '');
}

describe('imports', () => {
  it('are all found', () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(imports).toContainEqual(
      expect.objectContaining({ from: 'writer/scanWriter.ts', to: 'layout/index.ts' }),
    );
    expect(imports).toContainEqual(
      expect.objectContaining({ from: 'writer/hdf5/library.ts', to: 'h5wasm/node', isTypeOnly: false }),
    );
  });

  it('lead to files that exist', () => {
    const files = new Set(sources.map(({ file }) => file));
    const lost = imports.filter(({ to, isOurs }) => isOurs && !files.has(to) && !to.endsWith('.json'));
    expect(lost.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('of every part go one way', () => {
    const parts = [...new Set(sources.map(({ file }) => partOf(file)))];
    expect(parts.filter((part) => !(part in ALLOWED))).toEqual([]);
    const wrong = imports.filter(({ from, to, isOurs }) => {
      const [part, other] = [partOf(from), partOf(to)];
      return isOurs && part !== other && !ALLOWED[part]?.includes(other);
    });
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('never go round in a circle between files', () => {
    expect(circleIn(imports.filter(({ isOurs, isTypeOnly }) => isOurs && !isTypeOnly))).toBeUndefined();
  });

  it('of the layout bring no input, output, HDF5 or Redis', () => {
    const effects = /^(node:)?(fs|net|http|https|child_process|worker_threads|os)(\/|$)|^(h5wasm|ioredis)/;
    const wrong = imports.filter(
      ({ from, to }) => ['layout', 'scan'].includes(partOf(from)) && effects.test(to),
    );
    expect(wrong).toEqual([]);
  });

  it.each([
    ['h5wasm', 'writer/hdf5'],
    ['ioredis', 'subscriber/redis recording demo'],
  ])('of %s are in %s only', (library, folders) => {
    const importers = imports.filter(({ to }) => to === library || to.startsWith(`${library}/`));
    expect(importers.length).toBeGreaterThan(0);
    const elsewhere = importers.filter(
      ({ from, isTypeOnly }) =>
        !isTypeOnly && !folders.split(' ').some((folder) => from.startsWith(`${folder}/`)),
    );
    expect(elsewhere.map(({ from }) => from)).toEqual([]);
  });
});

describe('the Redis of the beamline', () => {
  it.each(['subscriber', 'service', 'cli'])('is never written to by %s', (part) => {
    const calls = sources
      .filter(({ file }) => partOf(file) === part)
      .flatMap(({ file, syntax }) => commandsOf(syntax).map((command) => `${file}: ${command}`));
    expect(calls).toEqual([]);
  });

  it('is never written to by what records it', () => {
    const recording = sources.filter(({ file }) => file.startsWith('recording/record/'));
    expect(recording.length).toBeGreaterThan(3);
    expect(recording.flatMap(({ syntax }) => commandsOf(syntax))).toEqual([]);
  });

  it('is written to by recording, which this test would notice', () => {
    const names = sources.filter(({ file }) => partOf(file) === 'recording').map(({ file }) => file);
    expect(names).toContain('recording/replay.ts');
    const sample = ts.createSourceFile(
      'sample.ts',
      "redis.xadd('k', '*'); redis.call('HSET', 'k'); redis.pipeline().expire('k', 1); map.set('a', 1);",
      ts.ScriptTarget.Latest,
      true,
    );
    expect(commandsOf(sample)).toEqual(['xadd', 'hset', 'expire']);
  });
});

/** Writing Redis commands that are called by name, or by `call('NAME')`. */
function commandsOf(syntax: ts.SourceFile): string[] {
  const found: string[] = [];
  visit(syntax, (node) => {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
    const method = node.expression.name.text.replace(/Buffer$/, '');
    const [first] = node.arguments;
    const isGeneric = ['call', 'sendCommand', 'callBuffer'].includes(method);
    const name = isGeneric && first && ts.isStringLiteralLike(first) ? first.text : method;
    const command = name.toLowerCase();
    if (WRITING_COMMANDS.has(command)) found.push(command);
  });
  return found;
}

/** A circle of files as a list, the first again at the end. */
function circleIn(edges: readonly Import[]): string[] | undefined {
  const targets = new Map<string, string[]>();
  for (const { from, to } of edges) targets.set(from, [...(targets.get(from) ?? []), to]);
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of targets.get(file) ?? []) {
      const circle = walk(next, [...way, file]);
      if (circle) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of targets.keys()) {
    const circle = walk(file, []);
    if (circle) return circle;
  }
  return undefined;
}
