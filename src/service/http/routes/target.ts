import path from 'node:path';
import { z } from 'zod';
import { ScanWriterError } from '../../../scan/index.js';
import { isBelowOrSame, namedRoots } from '../../../writer/index.js';
import { diskOptions, targetPolicy } from '../../writing.js';
import type { ApiContext } from '../apiContext.js';
import { HttpError, json } from '../answers.js';
import { NO_PARAMETERS, parseQuery } from '../query.js';
import { knownScan } from '../knownScan.js';
import type { Route } from '../router.js';

const DirectoryBody = z.object({ path: z.string().min(1).max(4096) }).strict();

/** Where scans are written: whether they can be, and making directories as BLISS wants them beforehand. */
export function targetRoutes({ status, settings, threads }: ApiContext): Route[] {
  const policy = targetPolicy(settings);
  const roots = [...namedRoots(policy), ...(policy.unnamed === undefined ? [] : [policy.unnamed])];
  return [
    {
      method: 'GET',
      path: '/api/scans/:scan/target',
      access: 'anybody',
      answer: async ({ query, params: { scan: dbName = '' } }) => {
        parseQuery(query, NO_PARAMETERS);
        const scan = knownScan(status, dbName);
        const { file } = scan;
        if (file === undefined) return json({ file: null, is_writable: null, free_bytes: null });
        const thread = await threads.of(file);
        const directory = path.dirname(file);
        const { isWritable, freeBytes } = await thread.call('target', [directory, diskOptions(settings)]);
        return json({
          file,
          is_writable: isWritable,
          free_bytes: Number.isFinite(freeBytes) ? freeBytes : null,
        });
      },
    },
    {
      method: 'POST',
      path: '/api/directories',
      access: 'token',
      answer: async ({ query, body }) => {
        parseQuery(query, NO_PARAMETERS);
        const wanted = pathIn(body);
        const directory = path.normalize(policy.map.apply(path.normalize(wanted)));
        if (!roots.some((root) => isBelowOrSame(directory, root))) throw outside(wanted);
        const thread = await threads.of(path.join(directory, 'file'));
        const { dirMode, group } = settings;
        try {
          await thread.call('makeDirectory', [path.join(directory, 'file'), roots, { dirMode, group }]);
        } catch (error) {
          if (error instanceof ScanWriterError && error.tag === 'usage') throw outside(wanted);
          throw error;
        }
        return json({ path: directory });
      },
    },
  ];
}

function outside(directory: string): HttpError {
  return new HttpError(403, 'outside', `${directory} is outside the directories that --root and --map name.`);
}

/** @throws HttpError 400 */
function pathIn(body: string): string {
  try {
    const { path: wanted } = DirectoryBody.parse(JSON.parse(body));
    if (path.isAbsolute(wanted) && !wanted.includes('\0')) return wanted;
  } catch {
    // The sentence below says what it should be.
  }
  throw new HttpError(
    400,
    'badBody',
    'The body has to be JSON with an absolute path: {"path": "/data/visitor/sample"}.',
  );
}
