import { createRequire } from 'node:module';
import { z } from 'zod';

const manifest = z
  .object({ name: z.string(), version: z.string() })
  .parse(createRequire(import.meta.url)('../package.json'));

/** Name and version of this program, as they are written into files. */
export const PROGRAM: { readonly name: string; readonly version: string } = manifest;
