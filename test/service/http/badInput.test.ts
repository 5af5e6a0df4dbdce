import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replayPart } from '../../support/replaying.js';
import { scratchDirectory } from '../../support/scratch.js';
import { hasRedis, startRedis, type TestRedis } from '../../support/testRedis.js';
import { scanPath, scanUntil, TestService, TOKEN, type AskOptions } from './support.js';

const SCAN = 'inhse_session:mnt:beamline00:ascan:1_ascan';
const THIS = scanPath(SCAN);
const VALUES = '/1.1/instrument/robx/value';
const long = (length: number): string => 'x'.repeat(length);

/** What comes in, and the status and the tag of the answer. */
const BAD: readonly [what: string, status: number, tag: string, path: string, options?: AskOptions][] = [
  ['an unknown path', 404, 'unknownPath', '/nothing'],
  ['an unknown scan', 404, 'unknownScan', '/api/scans/no:such'],
  ['a path that leads up', 404, 'unknownPath', '/api/scans/../../etc/passwd'],
  ['a name that leads up', 404, 'unknownScan', '/api/scans/..%2f..%2fetc%2fpasswd'],
  ['a name with NUL', 404, 'unknownScan', '/api/scans/%00'],
  ['a percent sign that stands for nothing, in the path', 400, 'badPath', '/api/scans/%zz'],
  ['half a character', 400, 'badPath', '/api/scans/%e2%82'],
  ['a percent sign that stands for nothing, in the query', 400, 'badQuery', '/api/scans?session=%'],
  ['an unknown parameter', 400, 'badQuery', '/api/scans?sesion=a'],
  ['a state that there is not', 400, 'badQuery', '/api/scans?state=dead'],
  ['a limit below zero', 400, 'badQuery', '/api/scans?limit=-1'],
  ['a limit that is too large', 400, 'badQuery', '/api/scans?limit=99999999'],
  ['something unknown to wait for', 400, 'badQuery', `${THIS}/wait?until=never`],
  ['a time that is too long', 400, 'badQuery', `${THIS}/wait?timeout=999`],
  ['a long address', 414, 'longUrl', `/api/scans?session=${long(9_000)}`],
  ['long headers', 431, 'longHeaders', '/healthz', { headers: { 'X-Long': long(20_000) } }],
  ['another method', 405, 'wrongMethod', '/api/scans', { method: 'DELETE' }],
  ['GET where something would change', 405, 'wrongMethod', '/api/drain'],
  ['data without a token', 401, 'tokenWanted', `${THIS}/data?channels=a`],
  ['data of an unknown scan without a token', 401, 'tokenWanted', '/api/scans/no:such/data?channels=a'],
  ['a change without a token', 401, 'tokenWanted', '/api/drain', { method: 'POST' }],
  ['a wrong token', 401, 'wrongToken', `${THIS}/stop`, bearer('wrong', { method: 'POST' })],
  [
    'a token that only begins well',
    401,
    'wrongToken',
    '/api/drain',
    bearer(TOKEN.slice(0, -1), { method: 'POST' }),
  ],
  [
    'another scheme',
    401,
    'tokenWanted',
    '/api/drain',
    { method: 'POST', headers: { Authorization: `Basic ${TOKEN}` } },
  ],
  ['a file of the page that leads up', 404, 'unknownPath', '/assets/..%2f..%2fpackage.json'],
  ['a file of the page by its full path', 404, 'unknownPath', '/assets/%2fetc%2fpasswd'],
  ['a file of the page that there is not', 404, 'unknownPath', '/assets/index.html'],
  ['a file of the page with NUL', 404, 'unknownPath', '/assets/index.js%00'],
  ['a folder of the page', 404, 'unknownPath', '/assets/'],
  ['a path that leads up from the page', 404, 'unknownPath', '/../package.json'],
  ['another method for the page', 405, 'wrongMethod', '/', { method: 'POST' }],
  ['a look into a file without a token', 401, 'tokenWanted', `/h5/meta?file=${SCAN}`],
  ['values of a file without a token', 401, 'tokenWanted', `/h5/data?file=${SCAN}&path=/1.1/title`],
  ['a look into a file with a wrong token', 401, 'wrongToken', `/h5/attr?file=${SCAN}`, bearer('wrong')],
  ['a file by its path', 404, 'unknownScan', '/h5/meta?file=/etc/passwd', bearer(TOKEN)],
  ['a file that leads up', 404, 'unknownScan', '/h5/data?file=../../x.h5&path=/', bearer(TOKEN)],
  ['no file', 400, 'badQuery', '/h5/meta?path=/', bearer(TOKEN)],
  ['an object that there is not', 404, 'unknownObject', `/h5/meta?file=${SCAN}&path=/2.1`, bearer(TOKEN)],
  [
    'an object below a dataset',
    404,
    'unknownObject',
    `/h5/attr?file=${SCAN}&path=/1.1/title/x`,
    bearer(TOKEN),
  ],
  ['a path that is not absolute', 400, 'badQuery', `/h5/meta?file=${SCAN}&path=1.1`, bearer(TOKEN)],
  ['a path of dots', 400, 'badQuery', `/h5/meta?file=${SCAN}&path=/1.1/./title`, bearer(TOKEN)],
  ['a path that leads up in a file', 404, 'unknownObject', `/h5/meta?file=${SCAN}&path=/../x`, bearer(TOKEN)],
  ['a path with NUL', 400, 'badQuery', `/h5/meta?file=${SCAN}&path=/1.1%00`, bearer(TOKEN)],
  ['values of a group', 400, 'badSelection', `/h5/data?file=${SCAN}&path=/1.1`, bearer(TOKEN)],
  [
    'a selection of the wrong rank',
    400,
    'badSelection',
    `/h5/data?file=${SCAN}&path=${VALUES}&selection=0,0`,
    bearer(TOKEN),
  ],
  [
    'a selection beyond the end',
    400,
    'badSelection',
    `/h5/data?file=${SCAN}&path=${VALUES}&selection=0:999999999999`,
    bearer(TOKEN),
  ],
  [
    'a selection backwards',
    400,
    'badSelection',
    `/h5/data?file=${SCAN}&path=${VALUES}&selection=2:1`,
    bearer(TOKEN),
  ],
  [
    'a selection that is none',
    400,
    'badQuery',
    `/h5/data?file=${SCAN}&path=${VALUES}&selection=-1`,
    bearer(TOKEN),
  ],
  [
    'a selection of many dimensions',
    400,
    'badQuery',
    `/h5/data?file=${SCAN}&path=${VALUES}&selection=${':,'.repeat(1_000)}:`,
    bearer(TOKEN),
  ],
  ['values as something else', 400, 'badQuery', `/h5/data?file=${SCAN}&format=tiff`, bearer(TOKEN)],
  ['data of no channel', 400, 'badQuery', `${THIS}/data`, bearer(TOKEN)],
  ['data of too many points', 400, 'badQuery', `${THIS}/data?channels=a&limit=1000000000`, bearer(TOKEN)],
  ['an index that is none', 400, 'badQuery', `${THIS}/data?channels=a&from=1e3`, bearer(TOKEN)],
  ['data in a type that there is not', 406, 'notAcceptable', `${THIS}/data?channels=a`, csv()],
  [
    'a body that is too large',
    413,
    'largeBody',
    '/api/directories',
    bearer(TOKEN, { method: 'POST', body: long(70_000) }),
  ],
  [
    'a body that is no JSON',
    400,
    'badBody',
    '/api/directories',
    bearer(TOKEN, { method: 'POST', body: '{' }),
  ],
  [
    'a body that says too much',
    400,
    'badBody',
    '/api/directories',
    bearer(TOKEN, { method: 'POST', body: '{"path":"/a","b":1}' }),
  ],
];

function bearer(token: string, options: AskOptions = {}): AskOptions {
  return { ...options, headers: { Authorization: `Bearer ${token}` } };
}

function csv(): AskOptions {
  return { headers: { Authorization: `Bearer ${TOKEN}`, Accept: 'text/csv, application/json;q=0' } };
}

describe.skipIf(!hasRedis())('bad input over HTTP', () => {
  let redis: TestRedis;
  let service: TestService;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    const directory = await scratchDirectory();
    service = await TestService.start({ redis: `${redis.url}/1`, directory, token: TOKEN });
    await replayPart(`${redis.url}/1`, 'ascan', 0, 0.6);
    await scanUntil(service, SCAN, ({ rows }) => rows > 0);
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await service.end();
    await redis.stop();
  });

  /** Sends text that need not be a request. */
  async function sendRaw(text: string): Promise<Socket> {
    const socket = connect(service.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(text);
    sockets.push(socket);
    return socket;
  }

  it.each(BAD)('%s is answered with %i %s', async (_, status, tag, path, options) => {
    const answer = await service.ask(path, options);
    expect(answer.status, answer.body.toString()).toBe(status);
    expect(answer.json).toEqual({
      error: { tag, message: expect.stringMatching(/^\S.*\S[.:]?$/s) as string },
    });
    if (status === 405) expect(answer.headers.allow).toMatch(/GET|POST/);
    if (status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
  });

  it('what is no HTTP is answered with 400', async () => {
    const socket = await sendRaw('hello\r\n\r\n');
    const [reply] = (await once(socket, 'data')) as [Buffer];
    expect(reply.toString()).toMatch(/^HTTP\/1.1 400 [^]*"badRequest"/);
  });

  it('clients that are slow, silent or gone cost no scan its points', async () => {
    for (let n = 0; n < 20; n++) {
      // Half a request, events that nobody takes, and a client that leaves while it waits.
      await sendRaw('GET /api/scans HTTP/1.1\r\nHost: x\r\n');
      (await sendRaw('GET /api/events HTTP/1.1\r\nHost: x\r\n\r\n')).pause();
      (await sendRaw(`GET ${THIS}/wait?timeout=60 HTTP/1.1\r\nHost: x\r\n\r\n`)).destroy();
    }
    await replayPart(`${redis.url}/1`, 'ascan', 0.6, 1);
    const { json } = await service.ask(`${THIS}/wait?timeout=60`);
    expect(json).toMatchObject({ reached: true, scan: { status: 'SUCCEEDED', points: 66 } });
    expect(service.faults).toEqual([]);
  });
});

describe.skipIf(!hasRedis())('a service without a token', () => {
  it('gives no measured data and takes no changes over TCP', async () => {
    const redis = await startRedis();
    const service = await TestService.start({ redis: `${redis.url}/1`, directory: await scratchDirectory() });
    try {
      for (const options of [{}, bearer(''), bearer('undefined')]) {
        const data = await service.ask(`${THIS}/data?channels=a`, options);
        expect(data).toMatchObject({ status: 403, json: { error: { tag: 'noToken' } } });
        expect((await service.ask('/api/drain', { ...options, method: 'POST' })).status).toBe(403);
      }
      expect((await service.ask('/api/scans')).status).toBe(200);
    } finally {
      await service.end();
      await redis.stop();
    }
  });
});
