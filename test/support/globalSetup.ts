import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { findChromium, HOW_TO_GET_CHROMIUM } from './chromium.js';
import { findReaders, HOW_TO_GET_READERS } from './python.js';
import { findTango, HOW_TO_GET_TANGO } from './tango.js';
import { findRedis, HOW_TO_GET_REDIS, type RedisSource } from './testRedis.js';

declare module 'vitest' {
  interface ProvidedContext {
    redis: RedisSource;
    readers: boolean;
    chromium: boolean;
    tango: boolean;
  }
}

const ROOT = path.resolve(import.meta.dirname, '../..');

/**
 * Runs once before all tests: compiles `dist`, which is what tests start as processes and threads, and looks for Redis and the
 * readers. What is missing is skipped with a word about how to get it; in CI (or with REQUIRE_READERS=1) it is an error.
 */
export default async function setup(project: TestProject): Promise<void> {
  if (process.env['SCAN_WRITER_SKIP_BUILD'] !== '1') build();
  const redis = await findRedis();
  const readers = findReaders();
  const chromium = findChromium();
  const tango = findTango();
  const missing = [
    redis === 'none' && HOW_TO_GET_REDIS,
    !readers && HOW_TO_GET_READERS,
    !chromium && HOW_TO_GET_CHROMIUM,
    !tango && HOW_TO_GET_TANGO,
  ]
    .filter(Boolean)
    .join('\n');
  if (missing && (process.env['CI'] || process.env['REQUIRE_READERS'] === '1')) throw new Error(missing);
  if (missing) console.warn(`\n${missing}\nTests that need it are SKIPPED.\n`);
  project.provide('redis', redis);
  project.provide('readers', readers);
  project.provide('chromium', chromium);
  project.provide('tango', tango);
}

function build(): void {
  const built = spawnSync('npm', ['run', 'build'], { cwd: ROOT, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`dist cannot be built:\n${built.stdout}${built.stderr}`);
}
