// Builds the status page of web/ into dist/web, unless it is there already. Installs its packages where they are missing.
// Where that cannot be done it says why, and the rest of the build is good without.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('../web', import.meta.url));
const page = fileURLToPath(new URL('../dist/web/index.html', import.meta.url));
const installed = path.join(web, 'node_modules/.package-lock.json');
/** Without a network npm would try for minutes. */
const BRIEF_PATIENCE = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];
/** Of what the page was built from last. */
const noted = path.join(web, 'node_modules/.built-from');

function inputs() {
  const hash = createHash('sha256');
  const sources = readdirSync(path.join(web, 'src'), { recursive: true }).map((name) =>
    path.join('src', String(name)),
  );
  for (const name of ['index.html', 'package-lock.json', 'vite.config.ts', ...sources.sort()]) {
    const file = path.join(web, name);
    if (statSync(file).isFile()) hash.update(`${name}\0`).update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

/** @returns why it failed; undefined when it did not */
function run(command, args) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: web, encoding: 'utf8' });
  return status === 0 ? undefined : String(error?.message ?? `${stdout}${stderr}`).trim();
}

function install() {
  const lock = path.join(web, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return undefined;
  return run('npm', [
    'ci',
    '--include=dev',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    ...BRIEF_PATIENCE,
  ]);
}

function build() {
  const wanted = inputs();
  if (existsSync(page) && existsSync(noted) && readFileSync(noted, 'utf8') === wanted) return undefined;
  const failure = run(process.execPath, ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'error']);
  if (failure === undefined) writeFileSync(noted, wanted);
  return failure;
}

const failure = install() ?? build();
if (failure !== undefined) {
  console.error(failure);
  console.error(
    'The status page is not built, see above: scan-writer works without, and answers 404 at "/".',
  );
}
