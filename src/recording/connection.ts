import type { Redis } from 'ioredis';
import { messageOf, ScanWriterError } from '../scan/index.js';
import { createsStream, describe, emptiesStream, sizeOf, type RecordedCommand } from './recordedCommand.js';

/** What may be on its way to Redis without an answer. */
const MAX_OUTSTANDING_BYTES = 4 * 1024 * 1024;
const MAX_OUTSTANDING_COMMANDS = 1000;

const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^OOM/, 'give the server more memory (maxmemory) or an eviction policy'],
  [/^(NOPERM|READONLY)/, 'replay with a user and into a server that may write'],
  [
    /equal or smaller|^WRONGTYPE/,
    'the db holds this scan or other keys of the same name, choose an empty db',
  ],
];

/** The connection of one replay. */
export interface ReplayConnection {
  /** Throws `usage` when the db has keys. */
  assertEmpty(): Promise<void>;
  /** Sends the next command; waits only while too much is without an answer. Throws `refused` and `unreachable`. */
  send(command: RecordedCommand): Promise<void>;
  /** Waits until everything sent is answered. Throws as `send`. */
  settle(): Promise<void>;
  /** Drops the connection; a transaction that was not executed never takes effect. */
  readonly close: () => void;
}

/**
 * Opens a connection like the given client's, into the same db. It is the replay's own, so that no other command comes between
 * MULTI and EXEC, and it never reconnects: commands sent again by themselves would be published twice.
 */
export async function openConnection(redis: Redis, recording: string): Promise<ReplayConnection> {
  const db = redis.condition?.select ?? redis.options.db ?? 0;
  const own = redis.duplicate({
    db,
    protocol: 2,
    lazyConnect: true,
    retryStrategy: () => null,
    reconnectOnError: null,
    maxRetriesPerRequest: null,
    enableAutoPipelining: false,
  });
  await connect(own);

  let outstanding: Promise<void>[] = [];
  let bytes = 0;
  let failure: ScanWriterError | undefined;
  /** Commands that Redis queues between MULTI and EXEC, undefined outside. */
  let transaction: RecordedCommand[] | undefined;

  const fail = (command: RecordedCommand, error: unknown) => {
    failure ??= failureOf(error, `line ${command.line} of ${recording} (${describe(command)})`, recording);
  };
  const issue = (
    command: RecordedCommand,
    name = command.name,
    args = command.args,
    onReply?: (reply: unknown) => void,
  ) => {
    bytes += sizeOf(command);
    outstanding.push(
      own.call(name, ...args).then(onReply, (error: unknown) => {
        fail(command, error);
      }),
    );
  };
  const execute = (command: RecordedCommand, queued: readonly RecordedCommand[]) => {
    issue(command, 'EXEC', [], (reply) => {
      if (!Array.isArray(reply)) return;
      for (const [index, answer] of reply.entries()) {
        const answered = queued[index] ?? command;
        if (answer instanceof Error && !saysStreamExists(answered, answer)) fail(answered, answer);
      }
    });
  };
  const settle = async () => {
    await Promise.all(outstanding);
    outstanding = [];
    bytes = 0;
    if (failure) throw failure;
  };

  return {
    settle,
    close: () => {
      own.disconnect();
    },
    async assertEmpty() {
      const keys = await own.dbsize().catch((error: unknown) => {
        throw failureOf(error, 'to count the keys (DBSIZE)', recording);
      });
      if (keys === 0) return;
      throw new ScanWriterError(
        'usage',
        `Db ${db} of ${addressOf(own)} has ${keys} keys: choose an empty db, or pass --append to add to it.`,
        { subject: addressOf(own) },
      );
    },
    async send(command) {
      if (command.name === 'MULTI') {
        if (transaction) throw misplaced(command, recording);
        transaction = [];
        issue(command);
      } else if (command.name === 'EXEC') {
        if (!transaction) throw misplaced(command, recording);
        execute(command, transaction);
        transaction = undefined;
      } else if (transaction) {
        // without its values: a transaction may be large
        transaction.push(createsStream(command) ? command : { ...command, args: command.args.slice(0, 1) });
        issue(command);
      } else if (createsStream(command)) {
        // Both at once, as the publisher's script did it: nobody may see the entry.
        issue(command, 'MULTI', []);
        issue(command);
        issue(command, 'XDEL', command.args.slice(0, 2));
        execute(command, [command, command]);
      } else if (!emptiesStream(command)) {
        issue(command);
      }
      if (bytes > MAX_OUTSTANDING_BYTES || outstanding.length > MAX_OUTSTANDING_COMMANDS) await settle();
    },
  };
}

/**
 * The last id of a stream that exists is 0-1 or above, so that Redis itself refuses to create it once more. No EXISTS can be as safe:
 * another replay may create the stream in between.
 */
function saysStreamExists(command: RecordedCommand, error: Error): boolean {
  return createsStream(command) && error.message.includes('equal or smaller');
}

async function connect(redis: Redis): Promise<void> {
  let reason: unknown;
  redis.on('error', (error) => {
    reason = error;
  });
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    throw failureOf(reason ?? error, 'the connection', addressOf(redis));
  }
}

function failureOf(error: unknown, what: string, subject: string): ScanWriterError {
  const message = messageOf(error);
  if (error instanceof Error && error.name === 'ReplyError') {
    const advice = ADVICE.find(([pattern]) => pattern.test(message))?.[1];
    return new ScanWriterError(
      'refused',
      `Redis refused ${what}: ${message}${advice ? `; ${advice}.` : '.'}`,
      {
        subject,
        cause: error,
      },
    );
  }
  return new ScanWriterError(
    'unreachable',
    `Redis cannot be reached for ${what}: ${message}; see that the server runs, and begin again with an empty db.`,
    { subject, cause: error },
  );
}

function misplaced(command: RecordedCommand, recording: string): ScanWriterError {
  const why = command.name === 'MULTI' ? 'MULTI inside MULTI' : 'EXEC without MULTI';
  return new ScanWriterError('recording', `Cannot replay line ${command.line} of ${recording}: ${why}.`, {
    subject: recording,
  });
}

/** Where the server is; never with its password. */
function addressOf({ options }: Redis): string {
  return options.path ?? `${options.host ?? 'localhost'}:${options.port ?? 6379}`;
}
