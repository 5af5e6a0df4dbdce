import { HttpError, type Answer, type ApiRequest, type Streamed } from './answers.js';

export interface Route {
  readonly method: 'GET' | 'POST';
  /** `/api/scans/:scan/wait`; what begins with a colon stands for one part of the path. */
  readonly path: string;
  /** `anybody` may know what the service does; the rest is measured data, or changes something. */
  readonly access: 'anybody' | 'token';
  readonly answer: (request: ApiRequest) => Answer | Streamed | Promise<Answer | Streamed>;
}

export interface Found {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** Which route a request is for. Paths are names, never files: nothing is resolved. */
export class Router {
  readonly #routes: readonly Route[];

  constructor(routes: readonly Route[]) {
    this.#routes = routes;
  }

  /** @throws HttpError 400, 404 or 405 */
  find(method: string, path: string): Found {
    const parts = path.split('/').slice(1);
    const fitting = this.#routes.filter((route) => fits(route, parts));
    if (fitting.length === 0) {
      throw new HttpError(
        404,
        'unknownPath',
        'There is nothing of this name: docs/http-api.md names what there is.',
      );
    }
    const methods = fitting.flatMap((route) => (route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]));
    const wanted = method === 'HEAD' ? 'GET' : method;
    const route = fitting.find((candidate) => candidate.method === wanted);
    if (route !== undefined) return { route, params: paramsOf(route, parts) };
    const allowed = methods.join(', ');
    throw new HttpError(405, 'wrongMethod', `This takes ${allowed}, not ${method}.`, { Allow: allowed });
  }
}

function fits({ path }: Route, parts: readonly string[]): boolean {
  const names = path.split('/').slice(1);
  return (
    names.length === parts.length &&
    names.every((name, index) => name.startsWith(':') || name === parts[index])
  );
}

function paramsOf({ path }: Route, parts: readonly string[]): Record<string, string> {
  const names = path.split('/').slice(1);
  const found = names.flatMap((name, index) => {
    return name.startsWith(':') ? [[name.slice(1), decoded(parts[index] ?? '')]] : [];
  });
  return Object.fromEntries(found) as Record<string, string>;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new HttpError(
      400,
      'badPath',
      'A % in the path has to be followed by two hexadecimal digits; itself it is %25.',
    );
  }
}
