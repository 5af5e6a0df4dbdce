import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  acquireLock,
  assertHeld,
  beat,
  leaveLock,
  lockOwner,
  lockPath,
  releaseLock,
} from '../../../src/writer/files/lock.js';
import { built, deadPid, runChild, startChild } from '../../support/children.js';
import { scanOf } from '../../support/scanInfo.js';
import { thrown } from '../hdf5/support.js';
import { filesIn, temporaryDirectory, writeLock } from './support.js';

const SCAN = scanOf();
const inFolder = (): string => path.join(temporaryDirectory(), 'a.h5');

describe('a lock', () => {
  it('is a hidden file beside the file that says who has it', () => {
    const file = inFolder();
    acquireLock(file, SCAN);
    expect(filesIn(path.dirname(file))).toEqual(['.a.h5.lock']);
    expect(lockOwner(file)).toMatchObject({ pid: process.pid, scan: SCAN.dbName });
  });

  it('is gone when it was given back, and can be taken again', () => {
    const file = inFolder();
    releaseLock(acquireLock(file, SCAN));
    expect(filesIn(path.dirname(file))).toEqual([]);
    expect(acquireLock(file, scanOf('other', NaN)).takenFrom).toBeUndefined();
  });

  it('is exclusive, also in one process', () => {
    const file = inFolder();
    acquireLock(file, SCAN);
    expect(thrown(() => acquireLock(file, SCAN))).toMatchObject({
      tag: 'locked',
      retryable: true,
      subject: file,
      message: expect.stringMatching(
        new RegExp(`process ${process.pid} on host .*remove ${lockPath(file)}`),
      ) as string,
    });
  });

  it('of another process is respected while it lives, and taken when it was killed', async () => {
    const file = inFolder();
    const holder = await startChild(
      `import { acquireLock } from ${built('writer/files/lock.js')};
       acquireLock(${JSON.stringify(file)}, { dbName: 'x', startTimestamp: 1 });
       console.log('held');`,
      'held',
    );
    expect(thrown(() => acquireLock(file, SCAN))).toMatchObject({ tag: 'locked' });
    await holder.kill();
    expect(acquireLock(file, SCAN).takenFrom).toMatchObject({
      pid: holder.pid,
      scan: 'x',
      startTimestamp: 1,
    });
    expect(lockOwner(file)?.pid).toBe(process.pid);
    expect(filesIn(path.dirname(file))).toEqual(['.a.h5.lock']);
  });

  it('of a process whose number was given to another is taken', () => {
    const file = inFolder();
    writeLock(file, { pid: process.pid, processStart: '1' });
    expect(acquireLock(file, SCAN).takenFrom).toMatchObject({ processStart: '1' });
  });

  it('of another host is respected: nobody here can see whether its writer lives', () => {
    const file = inFolder();
    writeLock(file, { host: 'elsewhere', pid: deadPid() });
    expect(thrown(() => acquireLock(file, SCAN))).toMatchObject({
      tag: 'locked',
      message: expect.stringContaining('on host elsewhere') as string,
    });
  });

  it.each([
    ['another host', { host: 'elsewhere' }],
    ['another space of process numbers', { pidSpace: 'pid:[1]' }],
  ])('of %s is taken when its writer has said nothing for a minute', (_, where) => {
    const file = inFolder();
    writeLock(file, { ...where, pid: process.pid });
    const old = new Date(Date.now() - 50_000);
    fs.utimesSync(lockPath(file), old, old);
    expect(thrown(() => acquireLock(file, SCAN))).toMatchObject({ tag: 'locked' });
    const older = new Date(Date.now() - 70_000);
    fs.utimesSync(lockPath(file), older, older);
    expect(acquireLock(file, SCAN)).toMatchObject({ isFromElsewhere: true });
    expect(filesIn(path.dirname(file))).toEqual(['.a.h5.lock']);
  });

  it('is kept fresh by its writer', () => {
    const file = inFolder();
    const lock = acquireLock(file, SCAN);
    const old = new Date(Date.now() - 70_000);
    fs.utimesSync(lockPath(file), old, old);
    beat(lock);
    expect(Date.now() - fs.statSync(lockPath(file)).mtimeMs).toBeLessThan(60_000);
    expect(fs.readFileSync(lockPath(file), 'utf8')).toBe(lock.content);
  });

  it('that was taken is not kept fresh, and nothing more is written', () => {
    const file = inFolder();
    const lock = acquireLock(file, SCAN);
    assertHeld(lock);
    writeLock(file, { host: 'elsewhere', pid: 7 });
    const old = new Date(Date.now() - 70_000);
    fs.utimesSync(lockPath(file), old, old);
    beat(lock);
    expect(Date.now() - fs.statSync(lockPath(file)).mtimeMs).toBeGreaterThan(60_000);
    expect(
      thrown(() => {
        assertHeld(lock);
      }),
    ).toMatchObject({ tag: 'locked', retryable: true });
  });

  it('that somebody has removed is made again', () => {
    const file = inFolder();
    const lock = acquireLock(file, SCAN);
    fs.rmSync(lockPath(file));
    assertHeld(lock);
    expect(fs.readFileSync(lockPath(file), 'utf8')).toBe(lock.content);
  });

  it('that is given back with a mark is free for everybody, and says whose file it is', () => {
    const file = inFolder();
    leaveLock(acquireLock(file, SCAN));
    expect(lockOwner(file)).toMatchObject({ scan: SCAN.dbName, isGivenUp: true });
    expect(acquireLock(file, SCAN)).toMatchObject({ isFromElsewhere: false });
  });

  it.each([
    ['empty', ''],
    ['no JSON', 'garbage\n'],
    ['binary', '\0\xff\xfe'],
    ['of another kind', '[1, 2]'],
    ['without a number', '{"host":"h","processStart":"1","scan":"s","startTimestamp":1}'],
    ['of a process 0', '{"host":"h","pid":0,"processStart":"1","scan":"s","startTimestamp":1}'],
    ['huge', 'x'.repeat(1_000_000)],
  ])('that is %s is respected, and a person is told what to do', (_, content) => {
    const file = inFolder();
    fs.writeFileSync(lockPath(file), content);
    expect(thrown(() => acquireLock(file, SCAN))).toMatchObject({
      tag: 'locked',
      message: expect.stringContaining('another writer: wait until it is done, or remove') as string,
    });
    expect(fs.readFileSync(lockPath(file), 'utf8')).toBe(Buffer.from(content).toString());
  });

  it('that is a directory is told in a sentence', () => {
    const file = inFolder();
    fs.mkdirSync(lockPath(file));
    expect(thrown(() => acquireLock(file, SCAN))).toMatchObject({ tag: 'target', subject: lockPath(file) });
  });

  it('is only given back while it is still ours', () => {
    const file = inFolder();
    const lock = acquireLock(file, SCAN);
    writeLock(file, { pid: 1 });
    releaseLock(lock);
    expect(lockOwner(file)?.pid).toBe(1);
    fs.rmSync(lockPath(file));
    releaseLock(lock);
  });

  it('is taken although a process died while it took it over', () => {
    const file = inFolder();
    writeLock(file, { pid: deadPid() });
    fs.copyFileSync(lockPath(file), `${lockPath(file)}.takeover`);
    expect(acquireLock(file, SCAN).takenFrom).toBeDefined();
    expect(filesIn(path.dirname(file))).toEqual(['.a.h5.lock']);
  });
});

it('is had by exactly one of many that want it at once, new or left by the dead', async () => {
  const directory = temporaryDirectory();
  const rounds = Array.from({ length: 120 }, (_, round) => path.join(directory, `${round}.h5`));
  const dead = deadPid();
  rounds.forEach((file, round) => {
    if (round % 3 > 0) writeLock(file, { pid: dead, processStart: String(round) });
  });
  const start = Date.now() + 700;
  const code = `import { acquireLock } from ${built('writer/files/lock.js')};
    const won = [];
    const rounds = ${JSON.stringify(rounds)};
    for (let round = 0; round < rounds.length; round++) {
      while (Date.now() < ${start} + 8 * round);
      try { acquireLock(rounds[round], { dbName: 'x' + process.pid, startTimestamp: 1 }); won.push(rounds[round]); }
      catch (error) { if (error.tag !== 'locked') throw error; }
    }
    console.log(JSON.stringify([process.pid, won]));
    process.stdin.resume();
    setTimeout(() => process.exit(0), Math.max(0, ${start} + 5_000 - Date.now()));`;
  const printed = await Promise.all(Array.from({ length: 4 }, () => runChild(code)));
  const winners = printed.map((text) => JSON.parse(text) as [number, string[]]);
  expect(winners.flatMap(([, won]) => won).sort()).toEqual([...rounds].sort());
  for (const [pid, won] of winners) {
    for (const file of won) expect(lockOwner(file)?.pid).toBe(pid);
  }
  expect(filesIn(directory)).toHaveLength(rounds.length);
});
