import type { Route } from '../router.js';
import { WebFiles } from '../webFiles.js';

/** The status page. It has no secrets: what it shows it asks for, and measured data only with the token. */
export function pageRoutes(): Route[] {
  const files = new WebFiles();
  return [
    {
      method: 'GET',
      path: '/',
      access: 'anybody',
      answer: ({ headers }) => files.page(headers['accept-encoding'] ?? ''),
    },
    {
      method: 'GET',
      path: '/assets/:name',
      access: 'anybody',
      answer: ({ params: { name = '' }, headers }) => {
        return files.asset(name, headers['accept-encoding'] ?? '');
      },
    },
  ];
}
