import { parentPort, workerData } from 'node:worker_threads';
import fc from 'fast-check';
import { isDecoded, mutatedPickles } from '../mutatedPickles.js';
import { ProgressBoard, type SharedBoard } from './progressBoard.js';

/** What a searching thread is given. */
export interface Search {
  readonly board: SharedBoard;
  readonly pickles: readonly Uint8Array[];
  readonly seed: number;
  /** Numbers of its batches: `first`, `first + step`, ... below `batches`. */
  readonly first: number;
  readonly step: number;
  readonly batches: number;
  readonly batchRuns: number;
}

const search = workerData as Search;
const board = new ProgressBoard(search.board);
const mutated = mutatedPickles(search.pickles.map((pickle) => Buffer.from(pickle)));

for (let batch = search.first; batch < search.batches; batch += search.step) {
  const tried = fc.sample(mutated, { seed: search.seed + batch, numRuns: search.batchRuns });
  for (const pickle of tried) {
    board.begin(batch, pickle);
    board.end(isDecoded(pickle));
  }
}
parentPort?.postMessage('done');
