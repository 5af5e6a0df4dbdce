import { describe, expect, it } from 'vitest';
import { masterOperations, scanNumberOf } from '../../src/layout/index.js';
import { elements, type InfoValue } from '../../src/scan/index.js';
import { recordedInfos } from '../support/recordedInfos.js';
import { ASCAN_CHAIN, chainOf, channelOf, dateTime, infoOf, scanOf } from '../support/scanInfo.js';
import { TreeChecker } from '../support/treeChecker.js';
import { announced, reportOf, treeOf, wholeFile } from './support.js';

/** What users publish may name what comes later or never: HDF5 does not mind. */
const isPublishedLink = (path: string): boolean => !/\/(measurement|positioners)\/[^/]+$/.test(path);

describe('the operations of a scan', () => {
  it.each(recordedInfos().map((one) => [`${one.recording} ${one.dbName}`, one.info] as const))(
    'build a file in an order that HDF5 can follow: %s',
    (_, info) => {
      const { file } = wholeFile(info, undefined, isPublishedLink);
      expect(file.names('')).not.toEqual([]);
      for (const channel of announced(info)) expect(treeOf(info).datasetOf(channel)).toMatch(/^\//);
    },
  );

  it('make no link before its target, whichever channel has points first', () => {
    const info = infoOf({ ...ASCAN_CHAIN, scan_nb: 1n });
    const channels = announced(info);
    for (let turn = 0; turn < channels.length; turn++) {
      wholeFile(info, [...channels.slice(turn), ...channels.slice(0, turn)]);
    }
  });

  it('say at the root whose file it is', () => {
    const info = infoOf({ scan_nb: 7n, publisher_version: '1.7.0' });
    const { attributes } = new TreeChecker().apply(treeOf(info).start()).at('/');
    expect(attributes).toEqual({
      NX_class: 'NXroot',
      default: '7.1',
      file_name: '/data/a_scan0012.h5',
      file_time: '2023-11-14T22:13:21.000000+00:00',
      creator: 'Bliss',
      creator_version: 'scan-writer 1.0',
      publisher: 'bliss',
      publisher_version: '1.7.0',
    });
  });

  it('write the status last and apart', () => {
    const info = infoOf({ ...ASCAN_CHAIN, scan_nb: 1n });
    const tree = treeOf(info);
    expect(JSON.stringify(tree.end({ ...reportOf(info), counts: new Map() }))).not.toContain('writer/status');
    expect(tree.status('SUCCEEDED')).toEqual([
      { op: 'rewriteText', path: '/1.1/writer/status', value: 'SUCCEEDED' },
    ]);
  });

  it('say what is there and what is missing, of each entry its own', () => {
    const info = infoOf({
      ...chainOf({ a: { devices: { a: ['a:x'] } }, b: { devices: { b: ['b:x'] } } }),
      scan_nb: 1n,
      npoints: 10n,
    });
    const [a, b] = announced(info);
    if (a === undefined || b === undefined) throw new Error('two channels');
    const tree = treeOf(info);
    const file = new TreeChecker().apply(tree.start());
    const missing = [{ channel: b, first: 3, count: -1, reason: 'trimmed' }];
    const manifest = [{ dataset: '/1.2/instrument/b_x/data', sha256: 'ff' }];
    const counts = new Map([
      [a, 10],
      [b, 3],
    ]);
    file.apply(tree.end(reportOf(info, { counts, missing, manifest, message: 'a word' })));
    const listAt = (path: string) => {
      const { operation } = file.at(path);
      if (operation.op === 'texts') return operation.values;
      return operation.op === 'array' ? elements(operation.array) : operation;
    };
    expect(listAt('/1.1/writer/channels/name')).toEqual(['a:x']);
    expect(listAt('/1.1/writer/channels/expected')).toEqual([10n]);
    expect(listAt('/1.1/writer/missing/channel')).toEqual([]);
    expect(listAt('/1.2/writer/channels/received')).toEqual([3n]);
    expect(listAt('/1.2/writer/missing/channel')).toEqual(['b:x']);
    expect(listAt('/1.2/writer/missing/count')).toEqual([-1n]);
    expect(listAt('/1.1/writer/manifest/dataset')).toEqual([]);
    expect(listAt('/1.2/writer/manifest/sha256')).toEqual(['ff']);
  });

  it.each([
    ['DONE', 'SUCCESS'],
    ['USER_ABORTED', 'USER_ABORT'],
    ['FAILED', 'FAILURE'],
    ['STOPPING', 'FAILURE'],
  ] as const)('say how a scan in state %s ended', (state, reason) => {
    const info = infoOf({ scan_nb: 1n, end_timestamp: 1_700_000_050.5 });
    const tree = treeOf(info);
    const file = new TreeChecker().apply(tree.start()).apply(tree.end(reportOf(info, { state })));
    expect(file.text('/1.1/end_reason')).toBe(reason);
    expect(file.text('/1.1/end_time')).toBe('2023-11-14T22:14:10.500000+00:00');
  });

  it('say nothing of an end that was not published', () => {
    const info = infoOf({ scan_nb: 1n, end_timestamp: 1_700_000_050.5 });
    const tree = treeOf(info);
    const file = new TreeChecker().apply(tree.start()).apply(tree.end(reportOf(info, { state: undefined })));
    expect(file.has('/1.1/end_reason') || file.has('/1.1/end_time')).toBe(false);
  });

  it('write times in the zone of the beamline', () => {
    const start = dateTime(2023, 11, 15, 3, 43, 20);
    const info = infoOf({ scan_nb: 1n, start_time: start, start_timestamp: 1_700_000_000.25 });
    const file = new TreeChecker().apply(treeOf(info).start());
    expect(file.text('/1.1/start_time')).toBe('2023-11-15T03:43:20.250000+05:30');
    expect(file.text('/1.1/writer/date')).toBe('2023-11-15T03:43:21.000000+05:30');
  });

  it('have no start_time when nobody knows it', () => {
    const file = new TreeChecker().apply(treeOf(infoOf({}), scanOf('s:1_ct', NaN)).start());
    expect(file.has('/1.1/start_time')).toBe(false);
    expect(file.text('/1.1/title')).toBe('1_ct');
  });
});

describe('entries', () => {
  it('come from the acquisition chain, in its order, also without any channel', () => {
    const chain = { z: { devices: {} }, a: { devices: {} } };
    const tree = treeOf(infoOf({ ...chainOf(chain), scan_nb: 12n }));
    expect(tree.entries.map(({ name, topMaster }) => [name, topMaster])).toEqual([
      ['12.1', 'z'],
      ['12.2', 'a'],
    ]);
  });

  it.each<[string, InfoValue | undefined]>([
    ['missing', undefined],
    ['empty', new Map()],
    ['a list', ['axis']],
    ['text', 'axis'],
    ['None', null],
  ])('are one when the chain is %s', (_, chain) => {
    const info = new Map<string, InfoValue>([['scan_nb', 3n]]);
    if (chain !== undefined) info.set('acquisition_chain', chain);
    const { file } = wholeFile(info, [channelOf('a:x', { devices: [] })]);
    expect(file.names('')).toEqual(['3.1']);
    expect(file.has('/3.1/instrument/a_x/data')).toBe(true);
  });

  it('are made also when what is in the chain has the wrong types', () => {
    const hostile = {
      axis: 5n,
      timer: { devices: 'x', master: [], scalars: { a: 1n }, spectra: [1n, 'a:b'] },
    };
    const info = infoOf({ acquisition_chain: hostile, devices: [], channels: 'none', scan_nb: 1n });
    expect(wholeFile(info).file.names('')).toEqual(['1.1', '1.2']);
  });

  it.each([
    ['scan_nb', 's:12_ascan', 7n, 7],
    ['a float', 's:12_ascan', 7.0, 7],
    ['no scan_nb', 's:12_ascan', undefined, 12],
    ['an unsaved scan', 's:_3_ct', undefined, 3],
    ['text', 's:12_ascan', '7', 12],
    ['a negative number', 's:12_ascan', -1n, 12],
    ['no number at all', 's:ascan', 1e300, 0],
  ])('are numbered by %s', (_, dbName, number, expected) => {
    expect(scanNumberOf(scanOf(dbName), infoOf({ scan_nb: number }))).toBe(expected);
  });
});

describe('expected points', () => {
  it.each([
    [10n, 10],
    [10.0, 10],
    [0n, -1],
    [-5n, -1],
    [1e300, -1],
    [2.5, -1],
    [NaN, -1],
    ['10', -1],
    [null, -1],
    [undefined, -1],
    [2n ** 70n, -1],
  ])('of npoints %s are %d, and the file is built all the same', (npoints, expected) => {
    const info = infoOf({ ...ASCAN_CHAIN, scan_nb: 1n, npoints });
    const { tree } = wholeFile(info);
    expect(tree.expectedPoints).toBe(expected);
  });
});

it('a master is links by number, and says which is the newest', () => {
  const links = ['10.1', '2.2', '2.1', '2.1_r1'].map((name) => ({
    name,
    file: `${name}.h5`,
    target: '/2.1',
  }));
  const facts = {
    fileName: '/d/m.h5',
    fileTime: 'now',
    creatorVersion: 'v',
    default: '2.2',
    defaultStartTime: '2026',
  };
  const [root, ...made] = masterOperations(links, facts);
  expect(made.map(({ path }) => path)).toEqual(['/2.1', '/2.1_r1', '/2.2', '/10.1']);
  expect(root).toMatchObject({
    op: 'attributes',
    path: '/',
    attributes: { default: '2.2', default_start_time: '2026', NX_class: 'NXroot' },
  });
});
