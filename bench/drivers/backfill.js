/** One scan by the package's `backfillScan`: argv is its options as JSON. */
import { backfillScan } from '../../dist/index.js';
import { measured } from './measured.js';
import { ThreadTimes } from './threads.js';

const options = JSON.parse(process.argv[2]);
const threads = new ThreadTimes();
const result = await measured(async () => {
  const { status, channels } = await backfillScan(options);
  if (status !== 'SUCCEEDED') throw new Error(`${options.scan} is ${status}`);
  return channels.reduce((sum, { received }) => sum + received, 0);
});
console.log(JSON.stringify({ ...result, busiest: threads.busiest() }));
