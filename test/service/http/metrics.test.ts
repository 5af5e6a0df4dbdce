import { expect, it } from 'vitest';
import { ServiceMetrics } from '../../../src/service/http/metrics/index.js';
import { ServiceStatus } from '../../../src/service/status/index.js';
import { ByteBudget } from '../../../src/writer/index.js';

const UNITS =
  /_(milliseconds?|ms|minutes?|hours?|days?|kilobytes?|kb|mb|megabytes?|percent|second|byte)(_|$)/;
const ABBREVIATED = /_(sec|secs|min|mins|msec|usec|len|cnt|num)(_|$)/;

interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

function families(text: string): Family[] {
  return [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\w+)$/gm)].map(
    ([, name = '', help = '', type = '']) => {
      const samples = [...text.matchAll(new RegExp(`^${name}(?:_bucket|_sum|_count)?\\{([^}]*)\\}`, 'gm'))];
      const labels = samples.flatMap(([, list = '']) =>
        [...list.matchAll(/(\w+)="/g)].map(([, label = '']) => label),
      );
      return { name, help, type, labels: [...new Set(labels)] };
    },
  );
}

/** What `promtool check metrics` finds, by the rules of its linter. */
function problems({ name, help, type, labels }: Family): string[] {
  const found: [boolean, string][] = [
    [!/^[a-z][a-z0-9_]*$/.test(name), 'is not in snake_case'],
    [!name.startsWith('scan_writer_'), 'does not say whose it is'],
    [help.trim() === '', 'has no help text'],
    [type === 'counter' && !name.endsWith('_total'), 'is a counter without _total'],
    [type !== 'counter' && name.endsWith('_total'), 'has _total and is no counter'],
    [/_(count|sum|bucket|info_total)$/.test(name), 'ends as a part of a histogram'],
    [type !== 'gauge' && name.endsWith('_info'), 'has _info and is no gauge'],
    [type === 'histogram' && !name.endsWith('_seconds'), 'is a histogram of no time'],
    [UNITS.test(name), 'has another unit than the base unit'],
    [ABBREVIATED.test(name), 'has an abbreviated unit'],
    [new RegExp(`_(${type})(_|$)`).test(name), 'has its type in its name'],
    [labels.some((label) => !/^[a-z][a-z0-9_]*$/.test(label)), 'has a label that is not in snake_case'],
    [labels.includes('le') !== (type === 'histogram'), 'has the label of buckets'],
    [labels.some((label) => name.includes(`_by_${label}`)), 'has a label in its name'],
  ];
  return found.flatMap(([isWrong, why]) => (isWrong ? [`${name} ${why}`] : []));
}

it('names metrics as Prometheus wants them', async () => {
  const status = new ServiceStatus();
  const metrics = new ServiceMetrics(status, new ByteBudget(1), () => 0);
  status.reports.onSession?.('eh1');
  status.reports.onRoom?.('/data', { freeBytes: 1, rate: 1, seconds: 1 });
  metrics.countRequest(200);
  const all = families((await metrics.text()).toString());
  metrics.close();
  expect(all.length).toBeGreaterThan(25);
  expect(all.flatMap(problems)).toEqual([]);
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
});

it('finds names that are wrong', () => {
  const family = { help: 'text', labels: [] };
  expect(problems({ ...family, name: 'scan_writer_points', type: 'counter' })).toHaveLength(1);
  expect(problems({ ...family, name: 'scan_writer_lag_ms', type: 'gauge' })).toHaveLength(1);
  expect(problems({ ...family, name: 'scanWriter_points_total', type: 'gauge' })).toHaveLength(3);
});
