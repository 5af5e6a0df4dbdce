import type { ServerResponse } from 'node:http';
import type { StatusEvent } from '../status/index.js';
import { busy } from './answers.js';
import { EventLog } from './eventLog.js';

const MOST_CLIENTS = 200;
/** Who has not taken so much is dropped, and can come back with the id of the last event it got. */
const MOST_WAITING_BYTES = 256 * 1024;
/** Shows both sides whether the other is still there. */
const BEAT_MILLISECONDS = 15_000;
/** Of the progress of one scan: each flush makes one. */
const PROGRESS_MILLISECONDS = 1_000;
/** Until a browser that was cut off comes back. */
const RETRY_MILLISECONDS = 2_000;

/** Whoever follows `/api/events`. */
export class EventClients {
  readonly #log: EventLog;
  readonly #clients = new Set<ServerResponse>();
  /** When the progress of a scan was told last. */
  readonly #toldAt = new Map<string, number>();
  #beat: NodeJS.Timeout | undefined;

  constructor(startedAt: number) {
    this.#log = new EventLog(startedAt);
  }

  get count(): number {
    return this.#clients.size;
  }

  add(event: StatusEvent): void {
    if (event.type === 'scanProgress' && !this.#isTime(event)) return;
    if (event.type === 'scanEnded' || event.type === 'scanRefused') this.#toldAt.delete(event.dbName ?? '');
    const { text } = this.#log.add(event);
    for (const client of this.#clients) this.#send(client, text);
  }

  /** @throws HttpError when there are too many already */
  assertRoom(): void {
    if (this.#clients.size >= MOST_CLIENTS) {
      throw busy(`${MOST_CLIENTS} clients follow the events already: close one of them.`);
    }
  }

  /** @param lastId of the last event that the client has seen before, if there was one */
  join(response: ServerResponse, lastId: string | undefined): void {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    response.write(`retry: ${RETRY_MILLISECONDS}\n\n`);
    if (lastId === undefined) {
      // So that whoever is cut off before the first event misses none.
      response.write(`id: ${this.#log.lastId}\nevent: hello\ndata: {}\n\n`);
    } else {
      const { events, isMore } = this.#log.since(lastId);
      if (isMore) {
        const message = 'Events between were missed: ask /api/scans how things are now.';
        response.write(`event: missed\ndata: ${JSON.stringify({ message })}\n\n`);
      }
      for (const { text } of events) response.write(text);
    }
    this.#clients.add(response);
    response.once('close', () => {
      this.#clients.delete(response);
      if (this.#clients.size === 0) this.#stopBeat();
    });
    this.#beat ??= setInterval(() => {
      for (const client of this.#clients) this.#send(client, ': still here\n\n');
    }, BEAT_MILLISECONDS).unref();
  }

  close(): void {
    this.#stopBeat();
    for (const client of this.#clients) client.end();
  }

  #send(client: ServerResponse, text: string): void {
    if (client.writableLength > MOST_WAITING_BYTES) client.destroy();
    else client.write(text);
  }

  #stopBeat(): void {
    clearInterval(this.#beat);
    this.#beat = undefined;
  }

  #isTime({ dbName = '', time }: StatusEvent): boolean {
    if (time - (this.#toldAt.get(dbName) ?? -Infinity) < PROGRESS_MILLISECONDS) return false;
    this.#toldAt.set(dbName, time);
    return true;
  }
}
