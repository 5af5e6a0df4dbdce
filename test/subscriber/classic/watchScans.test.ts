import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { replay } from '../../../src/recording/index.js';
import { findSessions, listScans, watchScans, type FoundScan } from '../../../src/subscriber/index.js';
import { availableRecordings, recordingFolder, recordingMeta } from '../../support/recordings.js';
import { replayAll } from '../../support/replaying.js';
import { hasRedis } from '../../support/testRedis.js';
import { NEVER } from './following.js';
import { part } from './pickles.js';
import { withRedis } from './server.js';

describe.skipIf(!hasRedis())('watching a session', () => {
  const setup = withRedis();

  async function scansOf(session: string): Promise<FoundScan[]> {
    const found = [];
    for await (const scan of watchScans(setup.connection, session, { wait: false, signal: NEVER }))
      found.push(scan);
    return found;
  }

  /** Watches while `publish` runs, until as many scans were found or nothing came for a while. */
  async function watching(
    session: string,
    publish: (found: readonly FoundScan[]) => Promise<unknown>,
    expected = 0,
  ): Promise<FoundScan[]> {
    const stop = new AbortController();
    const found: FoundScan[] = [];
    const watched = (async () => {
      for await (const scan of watchScans(setup.connection, session, { wait: true, signal: stop.signal })) {
        found.push(scan);
      }
    })();
    await sleep(300);
    await publish(found);
    while (found.length < expected) await sleep(50);
    // More may come, which should not.
    await sleep(700);
    stop.abort();
    await watched;
    return found;
  }

  it('names the scans that are there, ended or not, in their order', async () => {
    await setup.publisher.scan('eh1:data:1_a').then((scan) => scan.end());
    await setup.publisher.scan('eh1:data:2_a');
    await setup.publisher.scan('eh1:data:3_a', { type: 'scan_group' }).then((scan) => scan.end());
    expect(await scansOf('eh1')).toEqual([
      { dbName: 'eh1:data:1_a', startTimestamp: 1000, isGroup: false, hasEnded: true, isOld: true },
      { dbName: 'eh1:data:2_a', startTimestamp: 1000, isGroup: false, hasEnded: false, isOld: true },
      { dbName: 'eh1:data:3_a', startTimestamp: 1000, isGroup: true, hasEnded: true, isOld: true },
    ]);
  });

  it('tells old scans from new ones', async () => {
    await setup.publisher.scan('eh1:data:1_a');
    const found = await watching('eh1', async () => {
      await setup.publisher.scan('eh1:data:2_a');
      await setup.publisher.scan('eh1:other:dir:1_a');
    });
    expect(found.map(({ dbName, isOld }) => [dbName, isOld])).toEqual([
      ['eh1:data:1_a', true],
      ['eh1:data:2_a', false],
      ['eh1:other:dir:1_a', false],
    ]);
  });

  it('waits for a session that comes later', async () => {
    const found = await watching('eh1', () => setup.publisher.scan('eh1:data:1_a'));
    expect(found).toMatchObject([{ dbName: 'eh1:data:1_a', isOld: false }]);
  });

  it('is over at once without waiting when there is no session', async () => {
    expect(await scansOf('nowhere')).toEqual([]);
  });

  it('names each scan of the recordings once, however often it is announced', async () => {
    const scansOfRecording = (name: string): string[] =>
      recordingMeta(name).scans.map(({ db_name: id }) => id);
    const small = availableRecordings().filter((name) => !/trimmed|many_points/.test(name));
    // Two recordings of the same names cannot be in one db.
    const recordings = small.filter((name, index) => {
      const before = new Set(small.slice(0, index).flatMap(scansOfRecording));
      return !scansOfRecording(name).some((scan) => before.has(scan));
    });
    await replayAll(setup.server.url, recordings, 0);
    const expected = recordings.flatMap(scansOfRecording);
    const found = (await scansOf('inhse_session')).map(({ dbName }) => dbName);
    expect(found.sort()).toEqual(expected.sort());
    const listed = await listScans(setup.connection, 'inhse_session', NEVER);
    expect(listed.map(({ scan }) => scan).sort()).toEqual(expected);
    const times = listed.map(({ startTimestamp }) => startTimestamp ?? 0);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('tells of each scan what scan_info says', async () => {
    await replay({ recording: recordingFolder('ct_unsaved'), redis: setup.redis, speed: 0, append: true });
    await replay({
      recording: recordingFolder('timescan_ctrlc'),
      redis: setup.redis,
      speed: 0,
      append: true,
    });
    const listed = await listScans(setup.connection, 'inhse_session', NEVER);
    expect(listed).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: '_1_ct', saved: false, state: 'DONE', session: 'inhse_session' }),
        expect.objectContaining({ name: '1_timescan', number: 1, saved: true, state: 'USER_ABORTED' }),
      ]),
    );
  });

  it('never goes below a scan', async () => {
    const scan = await setup.publisher.scan('eh1:data:1_a');
    await setup.publisher.node('eh1:data:1_a:2_inner', 'scan');
    await setup.publisher.announce('eh1:data:1_a:2_inner');
    await setup.redis.del(scan.id);
    await setup.publisher.announce(scan.id);
    expect((await scansOf('eh1')).map(({ dbName }) => dbName)).toEqual(['eh1:data:1_a']);
  });

  it('takes the same name for a new scan after Redis was emptied, and only then', async () => {
    await setup.publisher.scan('eh1:data:1_a', { startTimestamp: 1 });
    const found = await watching('eh1', async () => {
      await setup.publisher.announce('eh1:data:1_a');
      await setup.redis.hdel('eh1:data:1_a_info', 'start_timestamp');
      await setup.publisher.announce('eh1:data:1_a');
      await sleep(50);
      await setup.redis.flushall();
      await setup.publisher.scan('eh1:data:1_a', { startTimestamp: 2 });
      await setup.publisher.announce('eh1:data:1_a');
    });
    expect(found.map(({ dbName, isOld }) => [dbName, isOld])).toEqual([
      ['eh1:data:1_a', true],
      ['eh1:data:1_a', false],
    ]);
  });

  it('is not disturbed by directories and scans that expired', async () => {
    await setup.publisher.scan('eh1:old:1_a');
    await setup.publisher.scan('eh1:data:1_a');
    await setup.publisher.scan('eh1:data:2_a');
    const gone = [...(await setup.redis.keys('eh1:old*')), ...(await setup.redis.keys('eh1:data:1_a*'))];
    await setup.redis.del(...gone);
    expect((await scansOf('eh1')).map(({ dbName }) => dbName)).toEqual(['eh1:data:2_a']);
    expect(await listScans(setup.connection, 'eh1', NEVER)).toHaveLength(1);
  });

  it('finds scans below a directory whose node was evicted', async () => {
    await setup.publisher.scan('eh1:data:1_a');
    await setup.redis.del('eh1:data');
    expect((await scansOf('eh1')).map(({ dbName }) => dbName)).toEqual(['eh1:data:1_a']);
  });

  it('lists 2000 old scans and then sees a new one', async () => {
    await setup.publisher.directory('eh1:data');
    const pipeline = setup.redis.pipeline();
    for (let number = 1; number <= 2000; number++) {
      const id = `eh1:data:${number}_a`;
      pipeline.hset(id, { version: 'v1.1', node_type: 'scan', name: `${number}_a`, db_name: id });
      pipeline.hset(`${id}_info`, 'start_timestamp', `\x80\x03G@\x8f@\x00\x00\x00\x00\x00.`);
      pipeline.xadd(`${id}_end`, '*', '__EVENT__', 'END_SCAN');
      pipeline.xadd('eh1:data_children_list', '*', '__EVENT__', 'NEW_NODE', 'db_name', id);
    }
    await pipeline.exec();
    const publish = async (old: readonly FoundScan[]): Promise<void> => {
      while (old.length < 2000) await sleep(50);
      await sleep(700);
      await setup.publisher.scan('eh1:data:2001_a');
    };
    const found = await watching('eh1', publish, 2001);
    expect(found).toHaveLength(2001);
    expect(found.filter(({ isOld, hasEnded }) => isOld && hasEnded)).toHaveLength(2000);
    expect(found.at(-1)).toEqual({
      dbName: 'eh1:data:2001_a',
      startTimestamp: 1000,
      isGroup: false,
      hasEnded: false,
      isOld: false,
    });
    expect(await listScans(setup.connection, 'eh1', NEVER)).toHaveLength(2001);
  });

  it('does not mix sessions whose names begin alike', async () => {
    await setup.publisher.scan('eh1:data:1_a');
    await setup.publisher.scan('eh10:data:1_a');
    await setup.publisher.announce('eh10:data', 'eh1');
    expect((await scansOf('eh1')).map(({ dbName }) => dbName)).toEqual(['eh1:data:1_a']);
  });
});

describe.skipIf(!hasRedis())('finding sessions', () => {
  const setup = withRedis();

  it('gives every node without a parent, and nothing else', async () => {
    await setup.publisher.directory('eh1:data');
    await setup.publisher.directory('Größe');
    await setup.publisher.directory('a session_children_list');
    await setup.redis.xadd('stranger_children_list', '*', 'x', 'y');
    await setup.redis.hset('newer', { version: 'v2.0', node_type: 'container' });
    await setup.redis.xadd('newer_children_list', '*', 'x', 'y');
    await setup.redis.xadd('_children_list', '*', 'x', 'y');
    await setup.publisher.info('eh1', { title: part.none });
    expect(await findSessions(setup.connection.commands)).toEqual([
      'Größe',
      'a session_children_list',
      'eh1',
    ]);
  });

  it('finds them among many keys', async () => {
    const pipeline = setup.redis.pipeline();
    for (let index = 0; index < 20_000; index++) pipeline.set(`eh9:${index}`, '');
    await pipeline.exec();
    await setup.publisher.directory('eh1:data');
    expect(await findSessions(setup.connection.commands)).toEqual(['eh1']);
  });

  it('gives none where there is none', async () => {
    expect(await findSessions(setup.connection.commands)).toEqual([]);
  });
});
