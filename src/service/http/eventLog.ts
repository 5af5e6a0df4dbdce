import type { StatusEvent } from '../status/index.js';
import { eventView } from './views.js';

/** Events that a client can still get when it comes back. */
const KEPT = 1_000;

/** An event as it goes over the wire, made once for all clients. */
export interface LoggedEvent {
  /** Undefined for what is out of date with the next one and is not kept. */
  readonly number: number | undefined;
  readonly text: string;
}

/** What a client that comes back has not seen. */
export interface Missed {
  readonly events: readonly LoggedEvent[];
  /** Whether there was more that is not kept any more. */
  readonly isMore: boolean;
}

/**
 * The last events of the service, numbered. Progress is passed on and not kept: it would push out all else, and the
 * next one says the same.
 */
export class EventLog {
  /** Tells the numbers of this process from those of others. */
  readonly #epoch: string;
  readonly #kept: LoggedEvent[] = [];
  #last = 0;

  constructor(startedAt: number) {
    this.#epoch = startedAt.toString(36);
  }

  add(event: StatusEvent): LoggedEvent {
    const number = event.type === 'scanProgress' ? undefined : ++this.#last;
    const id = number === undefined ? '' : `id: ${this.#epoch}-${number}\n`;
    const logged = {
      number,
      text: `${id}event: ${event.type}\ndata: ${JSON.stringify(eventView(event))}\n\n`,
    };
    if (number === undefined) return logged;
    this.#kept.push(logged);
    if (this.#kept.length > KEPT) this.#kept.shift();
    return logged;
  }

  /** The id of the newest event, from which a client can go on later. */
  get lastId(): string {
    return `${this.#epoch}-${this.#last}`;
  }

  /** @param lastId the last one that a client has seen, of this process or of one before */
  since(lastId: string): Missed {
    const [, epoch, digits = ''] = /^(\w+)-(\d{1,15})$/.exec(lastId) ?? [];
    const seen = epoch === this.#epoch ? Math.min(Number(digits), this.#last) : -1;
    const events = this.#kept.filter(({ number = 0 }) => number > seen);
    const isMore = (events[0]?.number ?? this.#last + 1) > seen + 1 || seen < 0;
    return { events, isMore };
  }
}
