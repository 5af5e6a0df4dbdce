import fs from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../scan/index.js';
import { FileSystemThreads } from '../../writer/index.js';
import { PROGRAM } from '../../version.js';
import { fault, ok, warning, type Finding } from './finding.js';

/** Major and minor number of the oldest of each line that is supported; all newer lines are. */
const NODE_LINES: ReadonlyMap<number, number> = new Map([
  [20, 19],
  [22, 13],
]);
const NEWEST_LINE = 24;
const FEW_OPEN_FILES = 4_096;

/** This machine: what runs the writer, and where it remembers. */
export async function examineMachine(state: string): Promise<Finding[]> {
  return [nodeFinding(), await hdf5Finding(), openFiles(), stateFolder(state)];
}

function nodeFinding(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isGood = major >= NEWEST_LINE || minor >= (NODE_LINES.get(major) ?? Infinity);
  const text = `scan-writer ${PROGRAM.version} on Node ${process.versions.node}`;
  if (isGood) return ok('versions', `${text}.`);
  return warning('versions', `${text}, which is not tried.`, 'Take Node 20.19, 22.13, 24 or newer.');
}

/** In a thread of its own: those of the directories may hang. */
async function hdf5Finding(): Promise<Finding> {
  try {
    const thread = await new FileSystemThreads().of(process.execPath);
    const { h5wasm, plugins } = await thread.call('hdf5Versions', []);
    return ok('versions', `HDF5 of h5wasm ${h5wasm} with the filters of h5wasm-plugins ${plugins}.`);
  } catch (error) {
    return fault('versions', `HDF5 cannot be loaded: ${messageOf(error)}`, 'Install the package again.');
  }
}

/** As /proc says; nothing where there is no /proc. */
function openFiles(): Finding {
  const limits = fs.existsSync('/proc/self/limits') ? fs.readFileSync('/proc/self/limits', 'utf8') : '';
  const [, text] = /^Max open files +(\w+)/m.exec(limits) ?? [];
  const about = 'open files';
  if (text === undefined) return ok(about, 'Their limit is not known here.');
  if (text === 'unlimited' || Number(text) >= FEW_OPEN_FILES) return ok(about, `Up to ${text} are allowed.`);
  return warning(
    about,
    `Only ${text} are allowed.`,
    'Raise it: "ulimit -n 65536", or LimitNOFILE of systemd.',
  );
}

/** Looks, and makes nothing. */
function stateFolder(state: string): Finding {
  const about = 'state folder';
  let existing = state;
  while (!fs.existsSync(existing)) existing = path.dirname(existing);
  try {
    fs.accessSync(existing, fs.constants.W_OK | fs.constants.X_OK);
  } catch {
    return fault(about, `This user may not write into ${existing}.`, 'Name another folder with --state DIR.');
  }
  if (existing !== state) return ok(about, `${state} is made by "run".`);
  return ok(about, `${state} can be written.`);
}
