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
  readonly #routes: readonly { readonly route: Route; readonly names: readonly string[] }[];

  constructor(routes: readonly Route[]) {
    this.#routes = routes.map((route) => ({ route, names: partsOf(route.path) }));
  }

  /** @throws HttpError 400, 404 or 405 */
  find(method: string, path: string): Found {
    const parts = partsOf(path);
    const fitting = this.#routes.filter(({ names }) => fits(names, parts));
    if (fitting.length === 0) {
      throw new HttpError(
        404,
        'unknownPath',
        'There is nothing of this name: docs/http-api.md names what there is.',
      );
    }
    const wanted = method === 'HEAD' ? 'GET' : method;
    const found = fitting.find(({ route }) => route.method === wanted);
    if (found !== undefined) return { route: found.route, params: paramsOf(found.names, parts) };
    const methods = fitting.flatMap(({ route }) =>
      route.method === 'GET' ? ['GET', 'HEAD'] : [route.method],
    );
    const allowed = methods.join(', ');
    throw new HttpError(405, 'wrongMethod', `This takes ${allowed}, not ${method}.`, { Allow: allowed });
  }
}

function partsOf(path: string): string[] {
  return path.split('/').slice(1);
}

function fits(names: readonly string[], parts: readonly string[]): boolean {
  return (
    names.length === parts.length &&
    names.every((name, index) => name.startsWith(':') || name === parts[index])
  );
}

function paramsOf(names: readonly string[], parts: readonly string[]): Record<string, string> {
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
