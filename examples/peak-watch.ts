/**
 * Follows one counter of a session and says when its peak is passed: when the value fell below half of the maximum, as
 * one does by eye when aligning a beamline.
 *
 *   npx tsx examples/peak-watch.ts redis://localhost:6380/1 SESSION COUNTER
 *
 * COUNTER is the end of the counter's full name, such as diode3.
 */
import { elements, followSession } from 'bliss-scan-writer';

const [redis, session, counter] = process.argv.slice(2);
if (redis === undefined || session === undefined || counter === undefined) {
  console.error('usage: peak-watch REDIS_URL SESSION COUNTER');
  process.exit(2);
}

const stop = new AbortController();
process.once('SIGINT', () => {
  stop.abort();
});

interface Peak {
  value: number;
  index: number;
  isPassed: boolean;
}
const peaks = new Map<string, Peak>();

for await (const event of followSession({ redis, session, signal: stop.signal })) {
  const { dbName } = event.scan;
  if (event.type === 'scanStarted') peaks.set(dbName, { value: -Infinity, index: -1, isPassed: false });
  if (event.type === 'scanEnded') peaks.delete(dbName);
  const peak = peaks.get(dbName);
  if (event.type !== 'chunk' || peak === undefined || !event.channel.name.endsWith(`:${counter}`)) continue;
  for (const [offset, element] of elements(event).entries()) {
    const value = Number(element);
    const index = event.firstIndex + offset;
    console.log(`${dbName} ${counter}[${index}] = ${value}`);
    if (value > peak.value) Object.assign(peak, { value, index, isPassed: false });
    else if (!peak.isPassed && value < peak.value / 2) {
      peak.isPassed = true;
      console.log(`${dbName}: peak of ${counter} passed, maximum ${peak.value} at point ${peak.index}`);
    }
  }
}
