import { askJson, urlOf, type Scan, type Service, type Session } from './api';

/** All that the page shows, as the service told it last. */
export interface Snapshot {
  readonly service: Service;
  readonly sessions: readonly Session[];
  readonly live: readonly Scan[];
  readonly ended: readonly Scan[];
}

export interface FeedListener {
  onSnapshot(snapshot: Snapshot): void;
  /** @param isThere whether the service answers */
  onReachable(isThere: boolean): void;
}

/** What changes without an event (rates, lag, disks) is asked for so often. */
const POLL_MILLISECONDS = 2_000;
/** Events come in bursts: one question serves all of a moment. */
const GATHER_MILLISECONDS = 100;
const MOST_LIVE = 100;
const ENDED = 20;

const EVENTS = [
  'hello missed ready draining sessionFollowed connectionLost connectionBack scanFound scanStarted scanProgress',
  'scanWaits scanGoesOn scanStopped scanEnded scanRefused trimRisk trimSafe diskFills diskSilent diskAnswers warning',
]
  .join(' ')
  .split(' ');

/** Follows the service: asks how it is whenever something has happened, and now and then. */
export class StatusFeed {
  readonly #listener: FeedListener;
  #timer: number | undefined;
  #isAsking = false;
  /** Something has happened since the service was asked. */
  #isStale = false;

  constructor(listener: FeedListener) {
    this.#listener = listener;
    // Comes back by itself.
    const events = new EventSource(urlOf('api/events'));
    for (const name of EVENTS) {
      events.addEventListener(name, () => {
        this.#askIn(GATHER_MILLISECONDS);
      });
    }
    events.addEventListener('error', () => {
      this.#askIn(0);
    });
    this.#askIn(0);
  }

  #askIn(milliseconds: number): void {
    if (this.#isAsking) {
      this.#isStale = true;
      return;
    }
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#ask(), milliseconds);
  }

  #delay(): number {
    return this.#isStale ? GATHER_MILLISECONDS : POLL_MILLISECONDS;
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    this.#isStale = false;
    try {
      const snapshot = await takeSnapshot();
      this.#listener.onReachable(true);
      this.#listener.onSnapshot(snapshot);
    } catch {
      this.#listener.onReachable(false);
    } finally {
      this.#isAsking = false;
    }
    this.#askIn(this.#delay());
  }
}

async function takeSnapshot(): Promise<Snapshot> {
  const [service, { sessions }, { scans: live }, { scans }] = await Promise.all([
    askJson<Service>('api/service'),
    askJson<{ sessions: Session[] }>('api/sessions'),
    askJson<{ scans: Scan[] }>(`api/scans?state=live&limit=${MOST_LIVE}`),
    askJson<{ scans: Scan[] }>(`api/scans?limit=${MOST_LIVE + ENDED}`),
  ]);
  const ended = scans.filter(({ is_live }) => !is_live).slice(0, ENDED);
  return { service, sessions, live, ended };
}
