import { serverFacts, type RedisConnection, type ServerFacts } from '../../subscriber/index.js';
import { bytesText, fault, ok, warning, type Finding } from './finding.js';

const ABOUT = 'Redis';
/** Streams came with 5. */
const OLDEST_MAJOR = 5;
const FULL_SHARE = 0.8;
/** Of clocks. */
const MOST_SECONDS = 2;

/** The server: may this user read, may it do more than that, does it keep scans long enough. */
export async function examineRedis(connection: RedisConnection): Promise<Finding[]> {
  const facts = await serverFacts(connection.commands);
  return [version(connection.address, facts), rights(facts), memory(facts), clock(facts)];
}

function version(address: string, { version: text }: ServerFacts): Finding {
  if (text === undefined) return ok(ABOUT, `${address} answers; it does not tell this user its version.`);
  if (Number.parseInt(text) >= OLDEST_MAJOR) return ok(ABOUT, `${address} answers, version ${text}.`);
  return fault(ABOUT, `${address} has version ${text}, which is too old.`, 'Scans need Redis 5 or newer.');
}

function rights({ refused, mayWrite }: ServerFacts): Finding {
  const about = 'Redis, rights';
  if (refused.length > 0) {
    return fault(
      about,
      `This user may not ${refused.join(', ')}.`,
      'Give it +@read +@connection on all keys (~*).',
    );
  }
  if (!mayWrite) return ok(about, 'This user may read all that is needed, and change nothing.');
  return warning(
    about,
    'This user may read all that is needed, but also change data, which the writer never does.',
    'A user of its own is safer: ACL SETUSER scan-writer on ">PASSWORD" "~*" +@read +@connection.',
  );
}

function memory({ usedBytes, maxBytes, policy }: ServerFacts): Finding {
  const about = 'Redis, memory';
  if (maxBytes === undefined || policy === undefined || usedBytes === undefined) {
    return ok(about, 'It does not tell this user its limits; ask who may CONFIG GET "maxmemory*".');
  }
  if (maxBytes === 0) {
    return warning(
      about,
      `It uses ${bytesText(usedBytes)} and has no limit.`,
      'Set maxmemory, so that the machine does not run out of memory (BLISS: 1gb, allkeys-lru).',
    );
  }
  const use = `${bytesText(usedBytes)} of ${bytesText(maxBytes)} are used, and ${policy} says what happens then`;
  if (policy === 'noeviction') {
    return warning(
      about,
      `${use}: BLISS cannot publish when it is full.`,
      'Set maxmemory-policy allkeys-lru, as BLISS does.',
    );
  }
  if (usedBytes < FULL_SHARE * maxBytes) return ok(about, `${use}.`);
  return warning(
    about,
    `${use}: it begins to drop scans that were not read for long.`,
    'Give it a larger maxmemory, and keep the writer running.',
  );
}

function clock({ aheadSeconds }: ServerFacts): Finding {
  const about = 'clocks';
  if (aheadSeconds === undefined) return ok(about, 'Redis does not tell this user its time.');
  return clockFinding(about, 'Redis', aheadSeconds);
}

/** Whose clock differs from ours. */
export function clockFinding(about: string, whose: string, aheadSeconds: number): Finding {
  const difference = Math.abs(aheadSeconds);
  if (difference <= MOST_SECONDS) return ok(about, `This machine and ${whose} have the same time.`);
  const direction = aheadSeconds > 0 ? 'ahead of' : 'behind';
  return warning(
    about,
    `The clock of ${whose} is ${difference.toFixed(0)} s ${direction} that of this machine.`,
    'Let both follow the same time server (chronyc tracking); start times in files are those of BLISS.',
  );
}
