import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const MAIN = path.join(import.meta.dirname, 'main.ts');

describe('the long search', () => {
  it('tries as many mutated pickles as it was told, and says how to do it again', () => {
    const args = ['--import', 'tsx', MAIN, '--count', '3000', '--seed', '20210728', '--threads', '2'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout).toContain('seed 20210728');
    expect(stdout).toMatch(/nothing found: 3000 tried, [1-9]\d* decoded, [1-9]\d* refused/);
    expect(status).toBe(0);
  });
});
