/**
 * Prints the start and the end of each scan of a session.
 *
 *   npx tsx examples/follow-session.ts redis://localhost:6380/1 SESSION
 */
import { followSession } from 'bliss-scan-writer';

const [redis, session] = process.argv.slice(2);
if (redis === undefined || session === undefined) {
  console.error('usage: follow-session REDIS_URL SESSION');
  process.exit(2);
}

const stop = new AbortController();
process.once('SIGINT', () => {
  stop.abort();
});

const points = new Map<string, number>();
for await (const event of followSession({ redis, session, signal: stop.signal })) {
  const { dbName } = event.scan;
  if (event.type === 'scanStarted') {
    const title = event.info.get('title');
    console.log(`${dbName} started: ${typeof title === 'string' ? title : 'without a title'}`);
    points.set(dbName, 0);
  }
  if (event.type === 'chunk') points.set(dbName, (points.get(dbName) ?? 0) + event.count);
  if (event.type === 'scanEnded') {
    console.log(`${dbName} ended: ${event.reason}, ${points.get(dbName) ?? 0} points`);
    points.delete(dbName);
  }
}
