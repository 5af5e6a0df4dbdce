import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const DIST = path.resolve(import.meta.dirname, '../../dist');

/** The path of a built module, to import it in a child process. */
export const built = (module: string): string => JSON.stringify(path.join(DIST, module));

/** Runs a module's text in a process of its own and gives what it prints. Rejects when it fails. */
export async function runChild(code: string, timeoutMs = 60_000): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  let [out, complaints] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (complaints += data.toString()));
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`${complaints}${out}`);
  return out;
}

/** Starts a child and waits until it prints `word`; then it is alive until killed. */
export async function startChild(
  code: string,
  word: string,
): Promise<{ pid: number; kill(): Promise<void> }> {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', `${code}\nsetInterval(() => {}, 1e6);`],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 60_000,
      killSignal: 'SIGKILL',
    },
  );
  let out = '';
  while (!out.includes(word)) {
    const [data] = (await once(child.stdout, 'data')) as [Buffer];
    out += data.toString();
  }
  if (child.pid === undefined) throw new Error('no child');
  return {
    pid: child.pid,
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}

/** The number of a process that has ended. */
export function deadPid(): number {
  const { pid } = spawnSync('true');
  return pid;
}
