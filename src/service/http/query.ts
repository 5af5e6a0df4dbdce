import { z } from 'zod';
import { HttpError } from './answers.js';

/** A whole number that is not negative. */
export const Count = z
  .string()
  .regex(/^\d{1,15}$/, 'takes a whole number')
  .transform(Number);

/** A list, with commas or given several times. */
export const Names = z.string().transform((text) => text.split(',').filter((name) => name !== ''));

/** For what takes no parameters. */
export const NO_PARAMETERS = z.object({});

/**
 * The parameters of a request by their names; those given several times are joined with commas.
 * @throws HttpError 400 that names the parameter and what it takes
 */
export function parseQuery<T extends z.ZodObject>(query: URLSearchParams, schema: T): z.infer<T> {
  const names = Object.keys(schema.shape);
  for (const name of query.keys()) {
    if (names.includes(name)) continue;
    const known = names.length === 0 ? 'none are known here' : `those of this path are ${names.join(', ')}`;
    throw new HttpError(400, 'badQuery', `There is no parameter "${name.slice(0, 50)}": ${known}.`);
  }
  const given = [...new Set(query.keys())].map((name) => [name, query.getAll(name).join(',')]);
  const result = schema.safeParse(Object.fromEntries(given));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new HttpError(
    400,
    'badQuery',
    `${String(issue?.path[0] ?? '')}: ${issue?.message ?? 'not understood'}.`,
  );
}
