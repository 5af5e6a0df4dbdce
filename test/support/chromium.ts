import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { inject } from 'vitest';

/** Debian's own. */
const PROGRAM = '/usr/bin/chromium';

/** Draws WebGL without a graphics card, and also as root. */
const OPTIONS = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--no-sandbox'];

export const HOW_TO_GET_CHROMIUM = `There is no ${PROGRAM} to open the status page with.
  On Debian: scripts/install-test-tools.sh`;

/** What `globalSetup` found. False: skip what needs a browser. Never false in CI. */
export const hasChromium = (): boolean => inject('chromium');

/** For `globalSetup`. */
export function findChromium(): boolean {
  return existsSync(PROGRAM);
}

export function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: PROGRAM, args: OPTIONS });
}
