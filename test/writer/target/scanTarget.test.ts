import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  checkTemplate,
  DEFAULT_TEMPLATE,
  parseMapRule,
  PathMap,
  scanTarget,
  type TargetPolicy,
} from '../../../src/writer/target/index.js';
import { infoOf, scanOf, type Plain } from '../../support/scanInfo.js';
import { thrown } from '../hdf5/support.js';

const SCAN = scanOf('s:mnt:sample:12_ascan');

function target(info: Record<string, Plain | undefined>, policy: Partial<TargetPolicy> = {}, scan = SCAN) {
  const whole = infoOf({ save: true, data_writer: 'nexus', scan_nb: 12n, ...info });
  return scanTarget(scan, whole, {
    map: new PathMap([]),
    roots: ['/data'],
    template: DEFAULT_TEMPLATE,
    acceptWriters: ['nexus'],
    ...policy,
  });
}

const refusal = (...args: Parameters<typeof target>): unknown => thrown(() => target(...args));

describe('the file of a scan', () => {
  it('stands beside the file that BLISS names, which becomes the master', () => {
    expect(target({ filename: '/data/s/sample_0001.h5' })).toEqual({
      file: '/data/s/sample_0001_scan0012.h5',
      master: '/data/s/sample_0001.h5',
      higherMasters: [],
      roots: ['/data'],
    });
  });

  it('is mapped, and may stand below what it is mapped to', () => {
    const map = new PathMap([parseMapRule('/mnt=/disk')]);
    expect(target({ filename: '/mnt/s/a.h5' }, { map, roots: [] })).toMatchObject({
      file: '/disk/s/a_scan0012.h5',
      master: '/disk/s/a.h5',
      higherMasters: [],
    });
  });

  it.each([
    ['{dir}/scans/{session}_{name}_{scan_nb}.h5', '/data/x/scans/s_12_ascan_12.h5'],
    ['{dir}/{stem}/{scan_nb:06d}.h5', '/data/x/a.b/000012.h5'],
    ['{scan_nb:04d}.h5', '/data/x/0012.h5'],
    ['/data/{stem}_{scan_nb}.h5', '/data/a.b_12.h5'],
    ['../{stem}_{scan_nb}.h5', '/data/a.b_12.h5'],
  ])('follows the template %s', (template, file) => {
    expect(target({ filename: '/data/x/a.b.h5' }, { template })).toMatchObject({ file });
  });

  it('that stands at the named place itself has no master', () => {
    expect(target({ filename: '/data/x/a.h5' }, { template: '{filename}' })).toMatchObject({
      file: '/data/x/a.h5',
      master: undefined,
      higherMasters: [],
    });
    // Also when another template leads there.
    expect(
      target({ filename: '/data/x/12_ascan.h5' }, { template: '{dir}/{name}.h5' }).master,
    ).toBeUndefined();
  });

  it('is named by --output whatever the scan says', () => {
    const info = { save: false, data_writer: 'null', filename: '../../etc/passwd\0' };
    expect(target(info, { output: '/elsewhere/x.h5', roots: [] })).toEqual({
      file: '/elsewhere/x.h5',
      master: undefined,
      higherMasters: [],
      roots: ['/elsewhere'],
    });
  });

  it('with a trailing slash in its name is a file all the same', () => {
    expect(target({ filename: '/data/x/a.h5/' }).master).toBe('/data/x/a.h5');
  });

  it.each(['..', '.', 'a/b', '../../x', 'nul\0'])('does not follow %j in names from Redis', (part) => {
    const scan = scanOf(`${part}:mnt:${part}`);
    const template = '{dir}/{session}/{name}/{scan_nb}.h5';
    const { file } = target({ filename: '/data/x/a.h5' }, { template }, scan);
    expect(path.dirname(path.dirname(path.dirname(file)))).toBe('/data/x');
    expect(file).not.toContain('\0');
  });
});

describe('a path that is not trusted', () => {
  it.each([
    ['outside every root', '/etc/cron.d/x.h5'],
    ['beside a root with the same beginning', '/data2/x.h5'],
    ['outside by ..', '/data/../etc/x.h5'],
    ['relative', 'data/x.h5'],
    ['relative by ..', '../x.h5'],
    ['with NUL', '/data/x\0.h5'],
  ])('%s is refused', (_, filename) => {
    expect(refusal({ filename })).toMatchObject({ tag: 'usage', subject: SCAN.dbName });
  });

  it('that a template makes is refused', () => {
    const template = '{dir}/../../{scan_nb}.h5';
    expect(refusal({ filename: '/data/x.h5' }, { template })).toMatchObject({ tag: 'usage' });
  });

  it('is refused when only the master would be outside', () => {
    const template = '/data/{stem}_{scan_nb}.h5';
    expect(refusal({ filename: '/other/x.h5' }, { template })).toMatchObject({ tag: 'usage' });
  });

  it('is refused when there are no roots at all, with the options to add', () => {
    const error = refusal({ filename: '/data/x.h5' }, { roots: [] });
    expect(error).toMatchObject({ message: expect.stringMatching(/--root DIR.*--map FROM=TO/) as string });
  });
});

describe('a scan that is not ours to save', () => {
  it.each([
    ['is not saved', { save: false }, /not meant to be saved/],
    ['does not say whether it is saved', { save: undefined }, /not meant to be saved/],
    ['is saved "yes"', { save: 'yes' }, /not meant to be saved/],
    ['is for BLISS’s own writer', { data_writer: 'hdf5' }, /"hdf5".*--accept-writer hdf5/],
    ['is for nobody', { data_writer: 'null' }, /"null"/],
    ['names no file', { filename: '' }, /--unnamed DIR/],
    ['has no filename', { filename: undefined }, /--unnamed DIR/],
    ['has a filename that is no text', { filename: 5n }, /--unnamed DIR/],
  ])('because it %s', (_, info, message) => {
    const error = refusal({ filename: '/data/x.h5', ...info });
    expect(error).toMatchObject({ tag: 'unsaved', message: expect.stringMatching(message) as string });
    expect(error).toMatchObject({ message: expect.stringContaining('--output FILE') as string });
  });

  it.each([
    ['names no writer', { data_writer: undefined }, ['nexus']],
    ['is for a writer that was accepted', { data_writer: 'hdf5' }, ['nexus', 'hdf5']],
  ])('but one that %s is', (_, info, acceptWriters) => {
    expect(target({ filename: '/data/x.h5', ...info }, { acceptWriters }).file).toBe('/data/x_scan0012.h5');
  });
});

describe('--unnamed', () => {
  it('gives a scan without a file a place by its name', () => {
    expect(target({ filename: '' }, { unnamed: '/spare', roots: [] })).toEqual({
      file: '/spare/s/mnt/sample/12_ascan/ascan_scan0012.h5',
      master: undefined,
      higherMasters: [],
      roots: ['/spare'],
    });
  });

  it.each(['..:..:..:12_x', 's:../../etc:12_x', 's:a\0b:.:12_x', ':::', 's:mnt:_3_ct'])(
    'stays below it for %j',
    (dbName) => {
      const { file } = target({ filename: '' }, { unnamed: '/spare' }, scanOf(dbName));
      expect(file.startsWith('/spare/')).toBe(true);
      expect(path.normalize(file)).toBe(file);
      expect(file).not.toContain('\0');
    },
  );
});

describe('--file-template', () => {
  it.each(['{dir}/{stem}_{scan_nb:04d}.h5', '{filename}', '{name}.h5'])('takes %s', (template) => {
    expect(checkTemplate(template)).toBe(template);
  });

  it.each([
    ['{dir}/{scan}.h5', /"\{scan\}"/],
    ['{dir}/{scan_nb:4}.h5', /scan_nb:4/],
    ['{dir}/{}.h5', /"\{\}"/],
    ['{dir}/{stem}.h5', /every scan the same file/],
    ['fixed.h5', /every scan the same file/],
  ])('refuses %s', (template, message) => {
    const error = thrown(() => checkTemplate(template));
    expect(error).toMatchObject({ tag: 'usage', message: expect.stringMatching(message) as string });
  });
});
