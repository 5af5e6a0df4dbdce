/**
 * Preloaded into each thread (`node --import`), where TypeScript is not understood: adds up what the methods of a file
 * system's thread take there, by wall and by CPU, and tells it to who asks on the channel `thread-times`.
 */
import { readFileSync } from 'node:fs';
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

/** Time of this very thread on a CPU; 0 where the system does not tell (Linux does). */
function cpuMilliseconds() {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;
  } catch {
    return 0;
  }
}

if (!isMainThread) {
  const { methods } = await import('../dist/writer/thread/methods.js');
  const times = [];
  for (const [method, call] of Object.entries(methods)) {
    const time = { method, calls: 0, wallMilliseconds: 0, cpuMilliseconds: 0 };
    times.push(time);
    methods[method] = async (...values) => {
      const [wall, cpu] = [performance.now(), cpuMilliseconds()];
      try {
        return await call(...values);
      } finally {
        time.calls++;
        time.wallMilliseconds += performance.now() - wall;
        time.cpuMilliseconds += cpuMilliseconds() - cpu;
      }
    };
  }
  const channel = new BroadcastChannel('thread-times');
  channel.unref();
  channel.onmessage = ({ data }) => {
    if (data === 'tell') channel.postMessage(times);
  };
}
