import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mapTo } from '../../support/acceptance.js';
import { hasChromium, startChromium } from '../../support/chromium.js';
import { startScanWriter, type RunningCli } from '../../support/cli.js';
import { freePort } from '../../support/redisServer.js';
import { flush, replayAll } from '../../support/replaying.js';
import { scratchDirectory } from '../../support/scratch.js';
import { hasRedisServer, startRedis, type TestRedis } from '../../support/testRedis.js';
import { TOKEN } from './support.js';

const SCAN = 'inhse_session:mnt:beamline00:ascan:1_ascan';
const CARD = `[data-scan="${SCAN}"]`;
const PILL = '.pill';
const ARTEFACTS = path.resolve(process.env['SCAN_WRITER_ARTEFACTS'] ?? 'artifacts');
/** The recording takes 7 s, and a slow machine needs more than that to look at it. */
const SPEED = 0.4;
const PATIENCE = 20_000;
const WAIT = { timeout: PATIENCE, interval: 50 };

/** Until all is drawn in other colours. */
const SETTLED_MILLISECONDS = 500;

describe.skipIf(!hasRedisServer() || !hasChromium())('the status page', () => {
  let redis: TestRedis;
  let service: RunningCli;
  let browser: Browser;
  let page: Page;
  let origin: string;
  const complaints: string[] = [];
  const strangers: string[] = [];

  beforeAll(async () => {
    await mkdir(ARTEFACTS, { recursive: true });
    redis = await startRedis();
    const directory = await scratchDirectory();
    const tokenFile = path.join(directory, 'token');
    await writeFile(tokenFile, TOKEN, { mode: 0o600 });
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    const places = ['--redis', `${redis.url}/1`, '--map', mapTo(directory)];
    const http = ['--http', String(port), '--token-file', tokenFile];
    service = startScanWriter(['run', '--all-sessions', ...places, ...http]);
    [browser] = await Promise.all([startChromium(), service.waitFor('following')]);
    page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
    page.setDefaultTimeout(PATIENCE);
    page.on('console', (message) => {
      // The browser says by itself what was answered with an error: the tests below look at that.
      const isOurs = message.type() === 'error' && !message.text().startsWith('Failed to load resource');
      if (isOurs) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(origin))
        strangers.push(request.url());
    });
    await page.goto(origin);
  });
  afterAll(async () => {
    await browser.close();
    await service.end('SIGTERM');
    await redis.stop();
  });

  const text = async (selector: string): Promise<string> => (await page.textContent(selector)) ?? '';
  const shoot = async (name: string): Promise<void> => {
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await sleep(SETTLED_MILLISECONDS);
      await page.screenshot({
        path: path.join(ARTEFACTS, `page-${name}-${colorScheme}.png`),
        fullPage: true,
      });
    }
  };
  const shownPoints = async (): Promise<number> => Number(await page.getAttribute('.chart', 'data-points'));
  /** How many points of the counter h5web reads next. */
  const readPoints = async (): Promise<number> => {
    const answer = await page.waitForResponse(/h5\/data.*diode2alias%2Fdata.*format=bin/);
    return (await answer.body()).length / Float64Array.BYTES_PER_ELEMENT;
  };
  /** Waits until the page says something. */
  const shows = (word: string): Promise<void> => page.locator(PILL, { hasText: word }).waitFor();

  it('shows a scan as it comes, how far it is, its plot and its file while it is written', async () => {
    await page.waitForSelector('text=No scan is running');
    const replayed = replayAll(`${redis.url}/1`, ['ascan'], SPEED);
    await page.waitForSelector(`${CARD} progress[value]`);
    expect(await text(CARD)).toMatch(/1_ascan.*running/);
    expect(await text('#plot')).toContain('Give the token');

    await page.fill('#token', 'not-the-token-of-the-service');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=This is not the token');
    await page.fill('#token', TOKEN);
    await page.keyboard.press('Enter');
    await expect.poll(shownPoints, WAIT).toBeGreaterThan(2);
    const [points, progress] = [
      await shownPoints(),
      Number(await page.getAttribute(`${CARD} progress`, 'value')),
    ];
    await expect.poll(shownPoints, WAIT).toBeGreaterThan(points);
    expect(Number(await page.getAttribute(`${CARD} progress`, 'value'))).toBeGreaterThan(progress);
    expect(await text(CARD)).toMatch(/\d values\/s/);
    await shoot('running');

    const tree = page.locator('.h5web');
    const [before] = await Promise.all([readPoints(), page.click(`${CARD} button:has-text("Browse file")`)]);
    await tree.getByText('diode2alias').first().waitFor();
    await tree.locator('canvas').first().waitFor();
    const [after] = await Promise.all([readPoints(), page.click('text=/Show \\d+ new point/')]);
    expect(after).toBeGreaterThan(before);
    expect(await text(CARD)).toContain('running');
    await shoot('file');

    // The points before are drawn also when what is asked for after them is not answered.
    await page.route(/from=11$/, (route) => route.abort());
    await page.click('text=Back to the scans');
    await replayed;
    await page.waitForSelector('#ended tr:has-text("1_ascan") >> text=complete');
    await page.waitForSelector('text=No scan is running');
    await page.waitForSelector('.chart[data-points="11"]');
    await page.unroute(/from=11$/);
  });

  it('opens the file of a scan that is over by keyboard, at its default plot', async () => {
    await page.goto(origin);
    await page.waitForSelector('#ended button');
    const focused = page.locator(':focus');
    const nameOfFocused = async (): Promise<string> => {
      return (await focused.getAttribute('aria-label')) ?? (await focused.textContent()) ?? '';
    };
    const way: string[] = [];
    while (way.at(-1) !== 'Browse the file of 1_ascan' && way.length < 30) {
      await page.keyboard.press('Tab');
      way.push(await nameOfFocused());
      const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
      expect(outline, way.at(-1) ?? '').not.toBe('none');
    }
    expect(way).toEqual(expect.arrayContaining(['Skip to the running scans', 'Forget the token']));
    await page.keyboard.press('Enter');
    await page.locator('.h5web').getByText('NX Line').waitFor();
    await page.locator('.h5web canvas').first().waitFor();
    await shoot('default-plot');
    await page.goBack();
    await page.waitForSelector('#ended');
  });

  it('names from Redis are text, whatever they hold', async () => {
    const name = '<img src=x onerror="document.title=1"><b>7_ascan</b>';
    const why = { tag: 'x', message: name };
    const lag = { points: 0, seconds: 0 };
    const scan = {
      scan: `s:${name}`,
      name,
      session: name,
      state: 'refused',
      is_live: false,
      why,
      file: name,
    };
    const json = {
      scans: [{ ...scan, status: null, points: 0, rows: 0, expected: -1, lag, end_time: null }],
    };
    await page.route('**/api/scans?limit=*', (route) => route.fulfill({ json }));
    await page.locator('#ended th', { hasText: name }).waitFor();
    expect(await page.locator('main img, main b').count()).toBe(0);
    expect(await page.title()).toBe('scan-writer');
    await page.unroute('**/api/scans?limit=*');
  });

  it('shows that Redis is frozen, what to do, and that it answers again', async () => {
    await shows('all is well');
    process.kill(redis.pid ?? 0, 'SIGSTOP');
    await shows('Redis not reachable').finally(() => process.kill(redis.pid ?? 0, 'SIGCONT'));
    await shows('all is well');
    expect(await page.locator('.problems').isVisible()).toBe(false);
  });

  it('shows that Redis was killed, and that there is one again', async () => {
    process.kill(redis.pid ?? 0, 'SIGKILL');
    await shows('Redis not reachable');
    expect(await text('.problems')).toMatch(/Redis is lost.*Look whether the data server/);
    await shoot('redis-killed');
    const { port } = redis;
    await redis.stop();
    redis = await startRedis({ port });
    await shows('all is well');
    await flush(redis.url);
  });

  it('says that the service does not answer, and comes back by itself', async () => {
    service.process.kill('SIGSTOP');
    await shows('service not reachable').finally(() => service.process.kill('SIGCONT'));
    expect(await text('.problems')).toContain('may be out of date');
    await shows('all is well');
  });

  it('has asked nobody but the service, and nothing was forbidden', () => {
    expect(strangers).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
