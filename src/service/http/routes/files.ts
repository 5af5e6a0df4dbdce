import { z } from 'zod';
import { elements } from '../../../scan/index.js';
import type { GroveAnswer, GroveRequest } from '../../../writer/index.js';
import type { ApiContext } from '../apiContext.js';
import { HttpError, json, MOST_JSON_BYTES, type Answer } from '../answers.js';
import { npy } from '../npy.js';
import { parseQuery } from '../query.js';
import { knownScan } from '../knownScan.js';
import type { Route } from '../router.js';

const RAW_BYTES = 32 * 1024 * 1024;
const MOST_DIMENSIONS = 32;

/** h5web names the file and the object; ours is named by the scan, so that no path of a file comes from outside. */
const PLACE = {
  file: z.string({ error: 'takes the db_name of a scan' }),
  path: z
    .string()
    .refine(
      (path) => path.startsWith('/') && !path.includes('\0') && !path.split('/').includes('.'),
      'takes an absolute path in the file',
    )
    .optional(),
};

const Selection = z.string().transform((text, context) => {
  const parts = text.split(',').map(parseRange);
  if (parts.length <= MOST_DIMENSIONS && parts.every((part) => part !== undefined)) return parts;
  context.addIssue({ code: 'custom', message: 'takes an index, FROM:TO or : for each dimension' });
  return z.NEVER;
});

function parseRange(text: string): number | readonly [number, number] | null | undefined {
  if (text === ':') return null;
  const [, first = '', end] = /^(\d{1,15})(?::(\d{1,15}))?$/.exec(text) ?? [];
  if (first === '') return undefined;
  return end === undefined ? Number(first) : [Number(first), Number(end)];
}

const PlaceQuery = z.object(PLACE);
const DataQuery = z.object({
  ...PLACE,
  selection: Selection.optional(),
  format: z.enum(['bin', 'json', 'npy'], { error: 'takes bin, json or npy' }).optional(),
  // What h5web also says: values always come flat, and in types that every browser knows.
  dtype: z.string().optional(),
  flatten: z.string().optional(),
});

/** Files of scans, for a browser of HDF5 files: the questions of h5grove, which h5web asks. */
export function fileRoutes({ status, files }: ApiContext): Route[] {
  const ask = async (dbName: string, request: GroveRequest): Promise<GroveAnswer> => {
    const answer = await files.ask(knownScan(status, dbName), request);
    if (answer.kind === 'nothing') {
      throw new HttpError(404, 'unknownObject', `The file of ${dbName} has nothing at ${request.path}.`);
    }
    if (answer.kind === 'refused') {
      throw new HttpError(400, 'badSelection', `${request.path} ${answer.why}.`);
    }
    if (answer.kind === 'tooLarge') {
      throw new HttpError(
        413,
        'largeSelection',
        `${request.path}: ${answer.bytes} bytes are too many at once: select a part, or open the file.`,
      );
    }
    return answer;
  };
  const about = (what: 'meta' | 'attr' | 'paths'): Route => ({
    method: 'GET',
    path: `/h5/${what}`,
    access: 'token',
    answer: async ({ query }) => {
      const { file, path = '/' } = parseQuery(query, PlaceQuery);
      return valuesAnswer(await ask(file, { what, path }), 'json');
    },
  });
  return [
    about('meta'),
    about('attr'),
    about('paths'),
    {
      method: 'GET',
      path: '/h5/data',
      access: 'token',
      answer: async ({ query }) => {
        const { file, path = '/', selection, format = 'json' } = parseQuery(query, DataQuery);
        const maxBytes = format === 'json' ? MOST_JSON_BYTES : RAW_BYTES;
        return valuesAnswer(await ask(file, { what: 'data', path, selection, maxBytes }), format);
      },
    },
  ];
}

function valuesAnswer(answer: GroveAnswer, format: 'bin' | 'json' | 'npy'): Answer {
  if (answer.kind === 'json') return json(answer.value);
  if (answer.kind !== 'numbers') throw new TypeError(`no values: ${answer.kind}`);
  const { array } = answer;
  if (format === 'json') return json(array.shape.length === 0 ? elements(array)[0] : elements(array));
  const body = format === 'npy' ? npy(array) : array.bytes;
  const type = format === 'npy' ? 'application/x-npy' : 'application/octet-stream';
  return { status: 200, headers: { 'Content-Type': type }, body };
}
