// node bench/support/profile.js DIRECTORY [--rows N]
// Prints for each profile that `node --cpu-prof` wrote there which functions took most, as shares of the time in which
// the thread was busy: by themselves, and with what they called.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rows: { type: 'string', default: '25' } },
});
const [directory] = positionals;
if (directory === undefined) {
  console.error('usage: node bench/support/profile.js DIRECTORY [--rows N]');
  process.exit(2);
}
const IDLE = ['(idle)', '(program)', '(root)'];

for (const file of readdirSync(directory).filter((name) => name.endsWith('.cpuprofile'))) {
  const { own, all } = timesOf(JSON.parse(readFileSync(path.join(directory, file), 'utf8')));
  const busy = [...own].reduce((sum, [name, time]) => sum + (IDLE.includes(name) ? 0 : time), 0);
  console.log(`\n${file}: busy for ${(busy / 1e6).toFixed(2)} s`);
  print('by itself', own, busy);
  print('with what it called', all, busy);
}

/** Microseconds by function. */
function timesOf({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const ofNode = new Map();
  samples.forEach((id, index) => ofNode.set(id, (ofNode.get(id) ?? 0) + timeDeltas[index]));
  const [own, all] = [new Map(), new Map()];
  const add = (times, name, time) => times.set(name, (times.get(name) ?? 0) + time);
  for (const [id, time] of ofNode) {
    add(own, nameOf(byId.get(id)), time);
    const stack = new Set();
    for (let at = id; at !== undefined; at = parents.get(at)) stack.add(nameOf(byId.get(at)));
    for (const name of stack) add(all, name, time);
  }
  return { own, all };
}

function nameOf({ callFrame: { functionName, url, lineNumber } }) {
  const place = url === '' ? '' : ` ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`;
  return `${functionName || '(anonymous)'}${place}`;
}

function print(title, times, busy) {
  const sorted = [...times].filter(([name]) => !IDLE.includes(name)).sort((a, b) => b[1] - a[1]);
  console.log(`  ${title}`);
  for (const [name, time] of sorted.slice(0, Number(values.rows))) {
    const share = ((100 * time) / busy).toFixed(1).padStart(5);
    console.log(`  ${share} %  ${(time / 1000).toFixed(0).padStart(6)} ms  ${name}`);
  }
}
