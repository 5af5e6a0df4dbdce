import { z } from 'zod';
import { elements, type NumericArray } from '../../../scan/index.js';
import type { PointColumns } from '../../../writer/index.js';
import { preferredType } from '../accept.js';
import type { ApiContext } from '../apiContext.js';
import { busy, HttpError, json, MOST_JSON_BYTES, type Answer } from '../answers.js';
import { descriptorOf, npy } from '../npy.js';
import { Count, Names, parseQuery } from '../query.js';
import { knownScan } from '../knownScan.js';
import type { Route } from '../router.js';
import { isLive } from '../../status/index.js';

const JSON_TYPE = 'application/json';
const NPY_TYPE = 'application/x-npy';
const RAW_TYPE = 'application/octet-stream';
const OFFERED = [JSON_TYPE, NPY_TYPE, RAW_TYPE] as const;

const DEFAULT_POINTS = 10_000;
const MOST_POINTS = 1_000_000;
const MOST_CHANNELS = 200;
const BINARY_BYTES = 8 * 1024 * 1024;

const DataQuery = z.object({
  channels: Names.refine(
    (names) => names.length > 0,
    'takes the names of channels, with commas between',
  ).refine((names) => names.length <= MOST_CHANNELS, `takes ${MOST_CHANNELS} channels at most`),
  from: Count.optional(),
  limit: Count.refine((limit) => limit <= MOST_POINTS, `takes ${MOST_POINTS} at most`).optional(),
});

/** Points of a scan that are on disk, also while it runs. */
export function dataRoutes({ status, points }: ApiContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/scans/:scan/data',
      access: 'token',
      answer: async ({ query, params: { scan: dbName = '' }, headers }) => {
        const { channels, from: first = 0, limit: count = DEFAULT_POINTS } = parseQuery(query, DataQuery);
        const type = preferredType(headers.accept, OFFERED);
        if (type === undefined)
          throw notAcceptable(`This comes as ${OFFERED.join(', ')}: name one in Accept.`);
        if (type !== JSON_TYPE && channels.length > 1) {
          throw notAcceptable(`${type} holds one channel: ask for one, or for ${JSON_TYPE}.`);
        }
        const scan = knownScan(status, dbName);
        const bytes = type === JSON_TYPE ? MOST_JSON_BYTES : BINARY_BYTES;
        const columns = await points.read(scan, channels, { first, count, bytes });
        // What has ended meanwhile may have had more points than were read.
        const isEnd = !isLive(scan) && columns.first + columns.count >= Math.min(...columns.rows);
        const answer = type === JSON_TYPE ? asJson : asBinary;
        return answer(columns, channels, isEnd, type);
      },
    },
  ];
}

function notAcceptable(message: string): HttpError {
  return new HttpError(406, 'notAcceptable', message);
}

/** From where to go on, and whether more can come. */
function placeHeaders({ first, count, rows }: PointColumns, isEnd: boolean): Record<string, string> {
  return {
    'Scan-Writer-From': String(first),
    'Scan-Writer-Next': String(first + count),
    'Scan-Writer-Rows': String(Math.min(...rows)),
    'Scan-Writer-Ended': String(isEnd),
  };
}

function asJson(read: PointColumns, channels: readonly string[], isEnd: boolean): Answer {
  const { first, count, rows } = read;
  const columns = channels.map((name, index) => {
    const column = read.columns[index] ?? [];
    const isNumeric = 'dtype' in column;
    return {
      name,
      rows: rows[index] ?? 0,
      dtype: isNumeric ? column.dtype : rows[index] === 0 ? null : 'text',
      shape: isNumeric ? column.shape.slice(1) : [],
      values: isNumeric ? nested(elements(column), column.shape) : column,
    };
  });
  const body = { from: first, next: first + count, is_ended: isEnd, channels: columns };
  return json(body, 200, placeHeaders(read, isEnd));
}

/** A flat list in C order as lists of lists. */
function nested(values: readonly unknown[], shape: readonly number[]): unknown[] {
  const [, ...inner] = shape;
  if (inner.length === 0) return [...values];
  const size = inner.reduce((product, length) => product * length, 1);
  return Array.from({ length: shape[0] ?? 0 }, (_, row) => {
    return nested(values.slice(row * size, (row + 1) * size), inner);
  });
}

function asBinary(read: PointColumns, channels: readonly string[], isEnd: boolean, type: string): Answer {
  const column: NumericArray | readonly string[] = read.columns[0] ?? [];
  if (read.rows[0] === 0)
    throw busy(`No value of "${channels[0] ?? ''}" is on disk yet: ask again in a moment.`);
  if (!('dtype' in column)) {
    throw notAcceptable(`Channel "${channels[0] ?? ''}" holds text, which only ${JSON_TYPE} can hold.`);
  }
  const headers = {
    'Content-Type': type,
    'Scan-Writer-Dtype': descriptorOf(column.dtype),
    'Scan-Writer-Shape': column.shape.join(','),
    ...placeHeaders(read, isEnd),
  };
  return { status: 200, headers, body: type === NPY_TYPE ? npy(column) : column.bytes };
}
