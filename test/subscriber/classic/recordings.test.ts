import { beforeAll, describe, expect, it } from 'vitest';
import { replay } from '../../../src/recording/index.js';
import type { EndReason, ScanEvent } from '../../../src/scan/index.js';
import {
  availableRecordings,
  hasRecording,
  recordingFolder,
  recordingMeta,
} from '../../support/recordings.js';
import { hasRedis } from '../../support/testRedis.js';
import { eventOf, eventsOf, follow, receivedOf } from './following.js';
import { expectPublished, publishedBy } from './published.js';
import { withRedis } from './server.js';

const REASONS: Readonly<Record<string, EndReason>> = {
  DONE: 'SUCCESS',
  USER_ABORTED: 'USER_ABORT',
  KILLED: 'FAILURE',
};

/** Recordings that lose points to MAXLEN when they are replayed faster than they are read. */
const TRIMMED = ['trimmed_slow_reader', 'many_points_blocks'];

describe.skipIf(!hasRedis())('followScan on what a publisher left', () => {
  const setup = withRedis();

  const load = (name: string) =>
    replay({ recording: recordingFolder(name), redis: setup.redis, speed: 0, append: true });

  async function loadAndFollow(name: string, scan = 0) {
    await load(name);
    const dbName = recordingMeta(name).scans[scan]?.db_name ?? '';
    return follow(setup.connection, dbName);
  }

  describe.each(availableRecordings())('%s', (name) => {
    const scans: { dbName: string; state: string; events: ScanEvent[] }[] = [];

    beforeAll(async () => {
      await setup.redis.flushdb();
      await load(name);
      for (const { db_name: dbName, state } of recordingMeta(name).scans) {
        scans.push({ dbName, state, events: await follow(setup.connection, dbName) });
      }
    });

    it('gives every point of every channel once, in its place', () => {
      const received = scans.flatMap(({ events }) => [...receivedOf(events)]);
      expectPublished(new Map(received), publishedBy(name), { mayBeTrimmed: TRIMMED.includes(name) });
    });

    it('gives its events in the order of a scan', () => {
      for (const { state, events } of scans) {
        const types = events.map(({ type }) => type);
        const prepared = types.indexOf('scanPrepared');
        expect(types.indexOf('scanStarted')).toBe(0);
        expect(types.lastIndexOf('scanStarted')).toBe(0);
        expect(types.lastIndexOf('scanPrepared')).toBe(prepared);
        expect(types.lastIndexOf('channelAdded')).toBeLessThan(Math.max(prepared, 0));
        const firstPoints = types.findIndex((type) =>
          ['chunk', 'records', 'images', 'memberScan'].includes(type),
        );
        if (firstPoints >= 0) expect(firstPoints).toBeGreaterThan(prepared);
        const added = eventsOf(events, 'channelAdded').map(({ channel }) => channel.id);
        const ended = eventsOf(events, 'channelEnded').map(({ channel }) => channel.id);
        expect(ended.sort()).toEqual(added.sort());
        expect(types.at(-1)).toBe(REASONS[state] === undefined ? 'scanAbandoned' : 'scanEnded');
        expect(new Set(events.map(({ scan }) => scan)).size).toBe(1);
      }
    });

    it('says how its scans ended', () => {
      for (const { state, events } of scans) {
        const ended = eventsOf(events, 'scanEnded').map(({ reason }) => reason);
        expect(ended).toEqual(REASONS[state] === undefined ? [] : [REASONS[state]]);
      }
    });
  });

  it('leaves a scan whose publisher was killed abandoned, in the state it had', async () => {
    const abandoned = eventOf(await loadAndFollow('publisher_sigkill'), 'scanAbandoned');
    expect(abandoned.state).toBe('RUNNING');
    expect(abandoned.info.get('end_time')).toBeUndefined();
  });

  it('gives the info as it was at the beginning, when prepared and at the end', async () => {
    const events = await loadAndFollow('loopscan');
    expect(eventOf(events, 'scanStarted').session).toBe('inhse_session');
    expect(eventOf(events, 'scanStarted').scan.startTimestamp).toBeGreaterThan(1e9);
    const { info, state } = eventOf(events, 'scanEnded');
    expect(state).toBe('DONE');
    expect(info.get('end_timestamp')).toBeGreaterThan(1e9);
    expect(eventOf(events, 'infoChanged').info).toEqual(info);
    expect(eventOf(events, 'stateChanged').state).toBe('DONE');
  });

  it('ends a scan that failed before it was prepared', async () => {
    const events = await loadAndFollow('failing_before_prepared');
    expect(events.map(({ type }) => type)).toEqual([
      'scanStarted',
      'infoChanged',
      'stateChanged',
      'scanEnded',
    ]);
    expect(eventOf(events, 'scanEnded').reason).toBe('FAILURE');
  });

  it('names the top master of each channel first', async () => {
    const events = await loadAndFollow('multi_top_master');
    const masters = eventsOf(events, 'channelAdded').map(({ channel }) => channel.devices[0]);
    expect(new Set(masters)).toEqual(new Set(['subscan1ax', 'subscan2tmr']));
    const { id, devices } = eventsOf(events, 'channelAdded').at(-1)?.channel ?? { id: '', devices: [] };
    expect(id).toContain(`:${devices.join(':')}:`);
  });

  it('names the scans of a group and of a sequence', async () => {
    const { scans } = recordingMeta('sequence_and_group');
    await load('sequence_and_group');
    const members = [];
    for (const { db_name: dbName } of scans) {
      const events = await follow(setup.connection, dbName);
      members.push(...eventsOf(events, 'memberScan').map(({ member }) => [dbName.split(':').at(-1), member]));
    }
    const names = scans.map(({ db_name: dbName }) => dbName);
    expect(members.length).toBeGreaterThan(2);
    expect(members.filter(([, member]) => !names.includes(member ?? ''))).toEqual([]);
    expect(members.map(([of]) => of)).toContain('1_my sequence');
  });

  it('has the declared type, shape and unit of a channel', async () => {
    const added = eventsOf(await loadAndFollow('mca'), 'channelAdded').map(({ channel }) => channel);
    const spectrum = added.find(({ name }) => name.endsWith('spectrum_det0'));
    expect(spectrum?.dtype).toMatch(/^u?int/);
    expect(spectrum?.shape).toHaveLength(1);
    expect(added.find(({ name }) => name.endsWith('elapsed_time'))).toMatchObject({
      kind: 'data',
      dtype: 'float64',
      shape: [],
      unit: 's',
    });
  });

  it.skipIf(!hasRecording('lima_hdf5_multi'))('follows images by their last state', async () => {
    const images = eventsOf(await loadAndFollow('lima_hdf5_multi'), 'images').at(-1);
    expect(images?.ready).toBeGreaterThan(0);
    expect(images?.saved).toBe(images?.ready);
    expect(images?.reference.get('saving_format')).toMatch(/^HDF5/);
  });

  it('refuses what is no scan, and a scan that is not there', async () => {
    await load('loopscan');
    const directory = follow(setup.connection, 'inhse_session:mnt:beamline00');
    await expect(directory).rejects.toMatchObject({ tag: 'unknownScan' });
    const unknown = follow(setup.connection, 'inhse_session:mnt:beamline00:loopscan:2_loopscan');
    await expect(unknown).rejects.toMatchObject({ tag: 'unknownScan' });
  });
});
