import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { replayPart } from '../../support/replaying.js';
import { scratchDirectory } from '../../support/scratch.js';
import { hasRedis, startRedis } from '../../support/testRedis.js';
import { scanUntil, TestService, TOKEN } from './support.js';

const SCAN = 'inhse_session:mnt:beamline00:ascan:1_ascan';
const EXAMPLE = path.resolve(import.meta.dirname, '../../../examples/http_client.py');

it.skipIf(!hasRedis())(
  'the example in Python follows a counter from its first point to the end of the scan',
  async () => {
    const redis = await startRedis();
    const directory = await scratchDirectory();
    const tokenFile = path.join(directory, 'token');
    await writeFile(tokenFile, `${TOKEN}\n`);
    await chmod(tokenFile, 0o600);
    const service = await TestService.start({ redis: `${redis.url}/1`, directory, token: TOKEN });
    try {
      await replayPart(`${redis.url}/1`, 'ascan', 0, 0.6);
      await scanUntil(service, SCAN, ({ rows }) => rows > 0);
      const base = `http://127.0.0.1:${service.port}`;
      const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
      const client = spawn('/usr/bin/python3', [EXAMPLE, base, tokenFile, 'latest', 'axis:robx'], { stdio });
      let stdout = '';
      client.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
      // It has found the scan while that runs.
      await once(client.stdout, 'data');
      await replayPart(`${redis.url}/1`, 'ascan', 0.6, 1);
      await once(client, 'close');
      expect(client.exitCode).toBe(0);
      const lines = stdout.trim().split('\n');
      expect(lines.pop()).toBe('SUCCEEDED');
      expect(lines.map((line) => Number(line).toFixed(3))).toEqual(
        Array.from({ length: 11 }, (_, n) => (n / 10).toFixed(3)),
      );
      expect(service.faults).toEqual([]);
    } finally {
      await service.end();
      await redis.stop();
    }
  },
);
