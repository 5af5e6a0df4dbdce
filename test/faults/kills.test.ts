import { setTimeout as sleep } from 'node:timers/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasReaders } from '../support/python.js';
import { flush } from '../support/replaying.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedisServer, startRedis, type TestRedis } from '../support/testRedis.js';
import { Beamline, isSound, NOTHING_WRONG, wrongIn, type MadeScan, type Writer } from './beamline.js';
import { compileShim, hasCompiler, shimEnv, stepsOf, type Fault, type Step } from './shim.js';
import { pick, randomOf, report, shuffled, SIZE, type Random } from './size.js';

/** Two scans of one dataset at the same time, one of them with 20 counters and one with spectra. */
const SCANS: readonly MadeScan[] = [
  { number: 1, points: 150, rate: 60, channels: 20 },
  { number: 2, points: 100, rate: 50, channels: 3, spectra: 2, delay: 0.3 },
];
/** And an MCA in another one. */
const RECORDING = 'mca';
const RECORDING_SPEED = 0.5;
/** All of it takes some 3 s to be published, and one more to be written. */
const LATEST_KILL_MILLISECONDS = 4500;
const MOST_STARTS = 6;

interface Plan {
  readonly what: string;
  /** What happens to the writers one after the other; the last one lives. */
  readonly faults: readonly (Fault | { readonly milliseconds: number })[];
  /** Seconds between an end and the next start. */
  readonly pauses: readonly number[];
}

describe.skipIf(!hasRedisServer() || !hasReaders())(`a writer that is killed (seed ${SIZE.seed})`, () => {
  let redis: TestRedis;
  let shim: string | undefined;

  beforeAll(async () => {
    redis = await startRedis();
    shim = compileShim(await scratchDirectory());
  });
  afterAll(() => redis.stop());

  const begin = async (): Promise<Beamline> => {
    await flush(`${redis.url}/1`);
    return new Beamline(`${redis.url}/1`);
  };
  const publish = (beamline: Beamline): Promise<unknown> =>
    Promise.all([beamline.publish(SCANS), beamline.replay(RECORDING, RECORDING_SPEED)]);

  const env = (beamline: Beamline, told: { fault?: Fault; log?: string }): NodeJS.ProcessEnv =>
    shim === undefined ? {} : shimEnv(shim, beamline.directory, told);

  /** Starts a writer that a plan kills; resolves when it is dead, or has written everything. */
  const meet = async (
    beamline: Beamline,
    fault: Plan['faults'][number],
    onStart: () => void,
  ): Promise<boolean> => {
    const isTimed = !('mode' in fault);
    const writer: Writer = beamline.start(isTimed ? {} : { env: env(beamline, { fault }) });
    await writer.waitFor(/following/).catch(() => undefined);
    onStart();
    const killed = isTimed
      ? sleep(fault.milliseconds).then(() => writer.end('SIGKILL'))
      : Promise.race([
          writer.end(),
          beamline.allDone(writer).then(
            () => writer.end('SIGTERM'),
            () => writer.end(),
          ),
        ]);
    return (await killed) === 'SIGKILL';
  };

  const survive = async ({ what, faults, pauses }: Plan): Promise<string | undefined> => {
    const beamline = await begin();
    let published: Promise<unknown> | undefined;
    try {
      let met = 0;
      for (const [n, fault] of faults.entries()) {
        const onStart = (): void => {
          published ??= publish(beamline);
        };
        if (await meet(beamline, fault, onStart)) met += 1;
        await sleep((pauses[n] ?? 0) * 1000);
      }
      await beamline.finish();
      await published;
      const verdict = await beamline.judge();
      report(what.replace(/\W.*/, ''), verdict, met < faults.length ? 'not all reached' : '');
      return isSound(verdict) ? undefined : `${what}: ${JSON.stringify(wrongIn(verdict))}\n${beamline.log()}`;
    } catch (error) {
      report(what.replace(/\W.*/, ''), undefined, String(error).slice(0, 200));
      return `${what}: ${String(error)}`;
    } finally {
      await published?.catch(() => undefined);
      beamline.clear();
    }
  };

  const surviveAll = async (plans: readonly Plan[]): Promise<void> => {
    const failures: string[] = [];
    for (const plan of plans) {
      const failure = await survive(plan);
      if (failure !== undefined) failures.push(failure);
    }
    expect(failures).toEqual([]);
  };

  const timeout = (plans: number): number => (1 + plans) * 90_000;
  const [timed, stepped, twice] = [0.4, 0.4, 0.2].map((part) =>
    Math.max(1, Math.round(part * SIZE.kills)),
  ) as [number, number, number];

  it('at any moment', { timeout: timeout(timed) }, async () => {
    const random = randomOf(SIZE.seed);
    const plans = Array.from({ length: timed }, (): Plan => {
      const milliseconds = Math.round(random() * LATEST_KILL_MILLISECONDS);
      const pause = pick(random, [0, 0, 1.5]);
      return {
        what: `moment after ${milliseconds} ms, ${pause} s later again`,
        faults: [{ milliseconds }],
        pauses: [pause],
      };
    });
    await surviveAll(plans);
  });

  /** All calls that change the directory while nothing goes wrong. */
  const steps = async (): Promise<Step[]> => {
    const beamline = await begin();
    try {
      const log = path.join(beamline.scratch, 'calls');
      const writer = beamline.start({ env: env(beamline, { log }) });
      await writer.waitFor(/following/);
      await publish(beamline);
      await beamline.allDone(writer);
      await writer.end('SIGTERM');
      expect(wrongIn(await beamline.judge())).toEqual(NOTHING_WRONG);
      return stepsOf(log);
    } finally {
      beamline.clear();
    }
  };

  /** Every step that makes, names or removes something at least once, and as many in the midst of writing. */
  const stepFaults = (random: Random, all: readonly Step[], count: number): Fault[] => {
    const fault = ({ op, path, times }: Step, mode: 'kill' | 'torn'): Fault => ({
      mode,
      op,
      path,
      from: 1 + Math.floor(random() * times),
    });
    const writes = all.filter(({ op }) => op === 'write');
    const names = all.filter(({ op }) => op !== 'write');
    const named = shuffled(random, names).map((step) => fault(step, 'kill'));
    const written = Array.from({ length: count }, (_, n) =>
      fault(pick(random, writes), n % 2 ? 'torn' : 'kill'),
    );
    const half = Math.ceil(count / 2);
    const again = Array.from({ length: Math.max(0, half - named.length) }, () =>
      fault(pick(random, names), 'kill'),
    );
    return [...named.slice(0, half), ...again, ...written].slice(0, count);
  };
  const nameOf = (fault: Fault): string =>
    `${fault.mode} at ${fault.op ?? ''} ${fault.path ?? ''} number ${fault.from ?? 1}`;

  it.skipIf(!hasCompiler)('at any step', { timeout: timeout(stepped) }, async () => {
    const random = randomOf(SIZE.seed + 1);
    const faults = stepFaults(random, await steps(), stepped);
    await surviveAll(
      faults.map((fault): Plan => ({
        what: `step: ${nameOf(fault)}`,
        faults: [fault],
        pauses: [pick(random, [0, 1.5])],
      })),
    );
  });

  it.skipIf(!hasCompiler).each<Fault>([
    { mode: 'kill', op: 'unlink', path: '*data_scan0001.h5.lock' },
    { mode: 'kill', op: 'write', path: '*data_scan0001.h5.lock.*' },
    { mode: 'torn', op: 'write', path: '*data.h5.lock.*' },
    { mode: 'kill', op: 'sync', path: '*data_scan0001.h5', from: 2 },
  ])(
    'leaves nothing beside the data that died in $mode at $op $path',
    { timeout: timeout(1) },
    async (fault) => {
      await surviveAll([{ what: `lock: ${nameOf(fault)}`, faults: [fault], pauses: [0] }]);
    },
  );

  it.skipIf(!hasCompiler)(
    'and killed again while it takes up its work',
    { timeout: timeout(2 * twice) },
    async () => {
      const random = randomOf(SIZE.seed + 2);
      const all = await steps();
      const plans = Array.from({ length: twice }, (): Plan => {
        const deaths = 1 + Math.floor(random() * (MOST_STARTS - 2));
        const faults = [
          { milliseconds: 500 + Math.round(random() * 2500) },
          // Early calls of a restart: the steps of taking up come first.
          ...Array.from({ length: deaths }, (): Fault => {
            return random() < 0.5
              ? { mode: 'kill', from: 1 + Math.floor(random() * 60) }
              : pick(random, stepFaults(random, all, 4));
          }),
        ];
        return {
          what: `again: ${faults.map((fault) => ('mode' in fault ? nameOf(fault) : `${fault.milliseconds} ms`)).join(', ')}`,
          faults,
          pauses: [],
        };
      });
      await surviveAll(plans);
    },
  );
});
