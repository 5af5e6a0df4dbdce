import path from 'node:path';
import { z } from 'zod';
import { messageOf, ScanWriterError } from '../../../scan/index.js';
import { isBelowOrSame, namedRoots, type ScanTarget } from '../../../writer/index.js';
import type { ScanStatus } from '../../status/index.js';
import { diskOptions, targetPolicy } from '../../writing.js';
import type { ApiContext } from '../apiContext.js';
import { HttpError, json } from '../answers.js';
import { NO_PARAMETERS, parseQuery } from '../query.js';
import { knownScan } from '../knownScan.js';
import type { Route } from '../router.js';

const DirectoryBody = z.object({ path: z.string().min(1).max(4096) }).strict();

/** Where scans are written: whether they can be, and making directories as BLISS wants them beforehand. */
export function targetRoutes(context: ApiContext): Route[] {
  const { status, settings, threads } = context;
  const policy = targetPolicy(settings);
  const roots = [...namedRoots(policy), ...(policy.unnamed === undefined ? [] : [policy.unnamed])];
  return [
    {
      method: 'GET',
      path: '/api/scans/:scan/target',
      access: 'anybody',
      answer: async ({ query, params: { scan: dbName = '' } }) => {
        parseQuery(query, NO_PARAMETERS);
        return json(await examineTarget(context, knownScan(status, dbName), roots));
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

interface TargetFacts {
  readonly file: string | null;
  /** Null when that cannot be said. */
  readonly is_writable: boolean | null;
  readonly why_not_writable: string;
  readonly free_bytes: number | null;
  readonly required_bytes: number;
  readonly recommended_bytes: number;
  readonly has_required_space: boolean | null;
  readonly space_error: string;
  readonly space_warning: string;
}

/** Whether a scan can be written, also before there is a file of it. */
async function examineTarget(
  { settings, options, control, threads }: ApiContext,
  { scan, session, file: known }: ScanStatus,
  roots: readonly string[],
): Promise<TargetFacts> {
  const { requiredDiskSpace: required, recommendedDiskSpace: recommended } = options.of(session);
  const facts = (found: Partial<TargetFacts>): TargetFacts => ({
    file: null,
    is_writable: null,
    why_not_writable: '',
    free_bytes: null,
    required_bytes: required,
    recommended_bytes: recommended,
    has_required_space: null,
    space_error: '',
    space_warning: '',
    ...found,
  });
  let target: Pick<ScanTarget, 'file' | 'roots'> | undefined;
  try {
    target = known === undefined ? await control.targetOf(scan) : { file: known, roots };
  } catch (error) {
    return facts({ is_writable: false, why_not_writable: messageOf(error) });
  }
  if (target === undefined) return facts({});
  const { file } = target;
  const thread = await threads.of(file);
  const { whyNot, freeBytes } = await thread.call('target', [file, target.roots, diskOptions(settings)]);
  const writable = { file, is_writable: whyNot === undefined, why_not_writable: whyNot ?? '' };
  if (!Number.isFinite(freeBytes)) return facts(writable);
  const free = Math.max(0, freeBytes);
  return facts({
    ...writable,
    free_bytes: free,
    has_required_space: free >= required,
    space_error: free >= required ? '' : lessThan(file, free, required, 'required before a scan'),
    space_warning: free >= recommended ? '' : lessThan(file, free, recommended, 'recommended'),
  });
}

function lessThan(file: string, free: number, wanted: number, what: string): string {
  const inMB = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;
  return `The disk of ${path.dirname(file)} has room for ${inMB(free)}, and ${inMB(wanted)} are ${what}: free some.`;
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
