import { describe, expect, it } from 'vitest';
import { gridAxis, gridOf } from '../../src/layout/grid.js';
import { KnownPaths } from '../../src/layout/knownPaths.js';
import type { TreeOperation } from '../../src/layout/operation.js';
import { plotOperations, type PlotField } from '../../src/layout/plots.js';
import type { InfoDict, InfoValue } from '../../src/scan/index.js';

const dict = (fields: Record<string, InfoValue>): InfoDict => new Map(Object.entries(fields));

function field(channel: string, rows: number, more: Partial<PlotField> = {}): PlotField {
  const name = channel.split(':').at(-1) ?? channel;
  const path = `/1.1/instrument/${name}/data`;
  const plain = { pointShape: [], meshShape: [], isScalar: false, isLinked: false, calibration: undefined };
  return { channel, name, path, rows, ...plain, isPositioner: false, deviceType: 'detector', ...more };
}

const motor = (name: string, rows: number): PlotField => field(`axis:${name}`, rows, { isPositioner: true });

function plotsOf(fields: PlotField[], info: InfoDict = new Map()) {
  const scanned = fields.filter(({ isPositioner }) => isPositioner);
  const grid = gridOf(
    info,
    scanned.map(({ channel, name, rows }) => ({
      channel,
      name,
      positions: Array.from({ length: rows }, (_, i) => i),
    })),
  );
  return plotOperations('/1.1', info, fields, grid, new KnownPaths(), false);
}

/** Attributes of a group that the operations make. */
function groupOf(operations: readonly TreeOperation[], path: string): Record<string, unknown> | undefined {
  const group = operations.find((operation) => operation.op === 'group' && operation.path === path);
  return group?.op === 'group' ? group.attributes : undefined;
}

function memberOf(operations: readonly TreeOperation[], path: string): TreeOperation | undefined {
  return operations.find((operation) => operation.path === path && operation.op !== 'group');
}

describe('the default plot', () => {
  it('shows a counter against the scanned motor, never a clock', () => {
    const { operations, hasDefault } = plotsOf([
      motor('samx', 5),
      field('timer:elapsed_time', 5),
      field('timer:epoch', 5),
      field('ctrl:diode1', 5),
      field('ctrl:diode2', 5),
    ]);
    expect(hasDefault).toBe(true);
    expect(groupOf(operations, '/1.1/plotselect')).toEqual({
      NX_class: 'NXdata',
      signal: 'diode1',
      auxiliary_signals: ['diode2'],
      axes: ['samx'],
    });
    expect(memberOf(operations, '/1.1/plotselect/diode1')).toEqual({
      op: 'softLink',
      path: '/1.1/plotselect/diode1',
      target: '/1.1/instrument/diode1/data',
    });
  });

  it('shows a counter rather than the encoder of the scanned motor', () => {
    const { operations } = plotsOf([motor('samx', 5), field('encoder:samxenc', 5), field('ctrl:diode1', 5)]);
    expect(groupOf(operations, '/1.1/plotselect')).toMatchObject({
      signal: 'diode1',
      auxiliary_signals: ['samxenc'],
    });
  });

  it('cuts a motor that was one point ahead when the scan was interrupted', () => {
    const { operations } = plotsOf([motor('samx', 6), field('ctrl:diode1', 5), field('ctrl:diode2', 4)]);
    expect(groupOf(operations, '/1.1/plotselect')).not.toHaveProperty('auxiliary_signals');
    expect(memberOf(operations, '/1.1/plotselect/samx')).toMatchObject({ op: 'copy', rows: 5, shape: [5] });
    expect(memberOf(operations, '/1.1/plotselect/diode1')).toMatchObject({ op: 'softLink' });
  });

  it('has no axis rather than a shorter one', () => {
    const { operations } = plotsOf([motor('samx', 3), field('ctrl:diode1', 5)]);
    expect(groupOf(operations, '/1.1/plotselect')).toEqual({ NX_class: 'NXdata', signal: 'diode1' });
  });

  it('shows spectra where there are no counters', () => {
    const spectrum = field('mca:spectrum_det0', 5, { pointShape: [1024] });
    const { operations } = plotsOf([motor('samx', 5), spectrum]);
    expect(groupOf(operations, '/1.1/plotselect')).toMatchObject({
      signal: 'spectrum_det0',
      axes: ['samx', 'datadim0'],
    });
    expect(memberOf(operations, '/1.1/plotselect/datadim0')).toMatchObject({ array: { shape: [1024] } });
  });

  it('is not there when nothing was measured', () => {
    expect(plotsOf([])).toEqual({ operations: [], hasDefault: false });
    expect(plotsOf([motor('samx', 5), field('timer:elapsed_time', 5)]).hasDefault).toBe(false);
    expect(plotsOf([motor('samx', 0), field('ctrl:diode1', 0)]).hasDefault).toBe(false);
  });
});

describe('plots that were asked for', () => {
  const requested = (...names: string[]): InfoDict => {
    return dict({ _display_extra: dict({ plotselect: ['other'], displayed_channels: names }) });
  };

  it('show the displayed channels, in their order', () => {
    const fields = [
      motor('samx', 3),
      field('ctrl:diode1', 3),
      field('ctrl:diode2', 3),
      field('ctrl:diode3', 3),
    ];
    const { operations } = plotsOf(fields, requested('diode3', 'ctrl:diode1', 'unknown'));
    expect(groupOf(operations, '/1.1/plotselect')).toMatchObject({
      signal: 'diode3',
      auxiliary_signals: ['diode1'],
    });
  });

  it('split by the shape of points', () => {
    const technique = dict({
      plots: dict({ all: dict({ items: ['diode1', 'image1'], grid: false, ndim: -1n }) }),
    });
    const info = dict({ nexuswriter: dict({ technique }) });
    const image = field('cam:image1', 3, { pointShape: [4, 6], deviceType: 'lima' });
    const { operations } = plotsOf([motor('samx', 3), field('ctrl:diode1', 3), image], info);
    expect(groupOf(operations, '/1.1/all_detector')).toMatchObject({ signal: 'diode1', axes: ['samx'] });
    expect(groupOf(operations, '/1.1/all_lima')).toMatchObject({ axes: ['samx', 'datadim0', 'datadim1'] });
    expect(memberOf(operations, '/1.1/plotselect')).toMatchObject({ target: '/1.1/all_detector' });
  });
});

describe('a mesh', () => {
  const info = dict({
    data_dim: 2n,
    npoints1: 3n,
    npoints2: 2n,
    channels: dict({ 'axis:slow': dict({ 'axis-id': 1n }), 'axis:fast': dict({ 'axis-id': 0n }) }),
    _display_extra: dict({ displayed_channels: ['diode1'] }),
  });

  it('is shown in its own shape when it is complete, slow motor first', () => {
    const { operations } = plotsOf([motor('slow', 6), motor('fast', 6), field('ctrl:diode1', 6)], info);
    expect(groupOf(operations, '/1.1/plotselect')).toMatchObject({
      signal: 'diode1',
      axes: ['slow', 'fast'],
    });
    expect(memberOf(operations, '/1.1/plotselect/diode1')).toMatchObject({
      op: 'copy',
      rows: 6,
      shape: [2, 3],
    });
  });

  it('is a scatter, fast motor first, while points are missing', () => {
    const { operations } = plotsOf([motor('fast', 5), motor('slow', 5), field('ctrl:diode1', 5)], info);
    expect(groupOf(operations, '/1.1/plotselect')).toMatchObject({
      signal: 'diode1',
      axes: ['fast', 'slow'],
    });
    expect(memberOf(operations, '/1.1/plotselect/diode1')).toMatchObject({ op: 'softLink' });
  });

  it('has evenly spaced axes through the recorded positions', () => {
    const positions = [0, 0.9, 2.1, 0, 1.1, 1.9];
    const axis = gridAxis({ channel: 'axis:fast', name: 'fast', length: 3, stride: 1, positions });
    expect(axis).toHaveLength(3);
    for (const [index, position] of [0, 1, 2].entries()) expect(axis[index]).toBeCloseTo(position, 10);
  });

  it.each([
    ['dimensions that do not fit the motors', dict({ data_dim: 2n, npoints1: 3n, npoints2: 5n })],
    ['lengths that are none', dict({ data_dim: 2n, npoints1: -3n, npoints2: 'x' })],
    ['more dimensions than any mesh', dict({ data_dim: 1_000_000n })],
  ])('is flat with %s', (_, wrong) => {
    const fields = [motor('fast', 6), motor('slow', 6), field('ctrl:diode1', 6)];
    expect(groupOf(plotsOf(fields, wrong).operations, '/1.1/plotselect')).toMatchObject({ signal: 'diode1' });
  });
});

describe('images in other files', () => {
  const image = (name: string, rows: number): PlotField =>
    field(`${name}:image`, rows, { name, pointShape: [4, 6], isLinked: true });

  it('are the plot of a scan that has nothing else, linked, never copied', () => {
    const { operations, hasDefault } = plotsOf([motor('samx', 7), image('cam', 5), image('other', 6)]);
    expect(hasDefault).toBe(true);
    const at = (name: string): TreeOperation | undefined =>
      operations.find(({ path }) => path === `/1.1/plotselect/${name}`);
    expect(at('cam')).toMatchObject({ op: 'softLink' });
    // It has another number of images, and a link shows all of them.
    expect(at('other')).toBeUndefined();
    expect(at('samx')).toMatchObject({ op: 'copy', shape: [5] });
    expect(operations.find(({ path }) => path === '/1.1/plotselect')).toMatchObject({
      attributes: { signal: 'cam', axes: ['samx', 'datadim0', 'datadim1'] },
    });
  });
});
