import { z } from 'zod';
import type { ServiceStatus } from '../../status/index.js';
import { SCAN_STAGES } from '../../status/index.js';
import type { ApiContext } from '../apiContext.js';
import { HttpError, json, type Answer, type ApiRequest } from '../answers.js';
import { NO_PARAMETERS, parseQuery } from '../query.js';
import type { Route } from '../router.js';

const ACCEPTED = 202;

const OptionsBody = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** Sessions: whether their scans are taken, and what their files have otherwise. */
export function sessionRoutes(context: ApiContext): Route[] {
  const { status, control, options } = context;
  const onSession = (act: (session: string) => boolean) => {
    return ({ query, params: { session = '' } }: ApiRequest): Answer => {
      parseQuery(query, NO_PARAMETERS);
      if (!act(session)) throw notFollowed(session);
      return json(sessionView(context, session), ACCEPTED);
    };
  };
  return [
    {
      method: 'GET',
      path: '/api/sessions',
      access: 'anybody',
      answer: ({ query }) => {
        parseQuery(query, NO_PARAMETERS);
        return json({ sessions: [...status.sessions.keys()].map((name) => sessionView(context, name)) });
      },
    },
    {
      method: 'POST',
      path: '/api/sessions/:session/stop',
      access: 'token',
      answer: onSession((session) => control.pauseSession(session)),
    },
    {
      method: 'POST',
      path: '/api/sessions/:session/start',
      access: 'token',
      answer: onSession((session) => control.resumeSession(session)),
    },
    {
      method: 'POST',
      path: '/api/sessions/:session/options',
      access: 'token',
      answer: ({ query, params: { session = '' }, body }) => {
        parseQuery(query, NO_PARAMETERS);
        if (!status.sessions.has(session)) throw notFollowed(session);
        options.set(session, optionsIn(body));
        return json(sessionView(context, session));
      },
    },
  ];
}

function sessionView({ status, options }: ApiContext, name: string): Record<string, unknown> {
  const { points, bytes, gaps } = status.sessions.get(name) ?? {};
  return {
    name,
    is_followed: status.isFollowed(name),
    is_accepting: !status.isPaused(name),
    options: options.valuesOf(name),
    scans: countsOf(status, name),
    points,
    bytes,
    gaps,
  };
}

function countsOf(status: ServiceStatus, name: string): Record<string, number> {
  const states = status.scans().flatMap(({ session, state }) => (session === name ? [state] : []));
  const counts = SCAN_STAGES.map((stage) => [stage, states.filter((state) => state === stage).length]);
  return Object.fromEntries(counts) as Record<string, number>;
}

function notFollowed(session: string): HttpError {
  return new HttpError(
    404,
    'unknownSession',
    `The service does not follow the session "${session}": name it with --session when it is started.`,
  );
}

/** @throws HttpError 400 */
function optionsIn(body: string): z.infer<typeof OptionsBody> {
  try {
    return OptionsBody.parse(JSON.parse(body));
  } catch {
    throw new HttpError(
      400,
      'badBody',
      'The body has to be JSON with options as a configuration has them: {"keep-shape": true}.',
    );
  }
}
