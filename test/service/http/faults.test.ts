import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { Router } from '../../../src/service/http/router.js';
import { makeServer } from '../../../src/service/http/server.js';
import { reportTo } from '../../../src/service/reports.js';

it('a mistake of ours is answered with 500, told, and the next request is answered', async () => {
  const faults: unknown[] = [];
  const mistake = new TypeError('undefined is not what it seems');
  const failing = { method: 'GET', path: '/fails', access: 'anybody' } as const;
  const server = makeServer({
    settings: { address: { kind: 'tcp', host: '127.0.0.1', port: 0 }, token: undefined },
    router: new Router([
      {
        ...failing,
        answer: () => {
          throw mistake;
        },
      },
      { ...failing, path: '/rejects', answer: () => Promise.reject(mistake) },
    ]),
    onAnswered: () => undefined,
    onFault: (error) => faults.push(error),
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (const path of ['/fails', '/rejects']) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    expect(answer.status).toBe(500);
    // What went wrong is for the log only.
    expect(await answer.json()).toMatchObject({
      error: { tag: 'fault', message: expect.stringMatching(/log/) as string },
    });
  }
  expect(faults).toEqual([mistake, mistake]);
  server.closeAllConnections();
  server.close();
});

it('whoever only watches a service cannot stop it', () => {
  const [faults, told]: [unknown[], string[]] = [[], []];
  const mistake = new TypeError('undefined is not what it seems');
  const failing = {
    onWarning: () => {
      throw mistake;
    },
  };
  const reports = reportTo(
    { onWarning: (dbName, message) => told.push(`${dbName} ${message}`) },
    [failing, { onWarning: (dbName) => told.push(dbName) }],
    (error) => faults.push(error),
  );
  reports.onWarning?.('scan', 'careful');
  expect(told).toEqual(['scan', 'scan careful']);
  expect(faults).toEqual([mistake]);
});
