import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FileSystemThread } from '../writer/index.js';
import { DiskForecast, type DiskState } from './diskForecast.js';
import type { Settings } from './settings.js';
import { diskOptions, type Shared } from './writing.js';

const LOOK_MILLISECONDS = 10_000;

interface Place {
  readonly thread: FileSystemThread;
  readonly forecast: DiskForecast;
}

/** Looks now and then how the disks fill up to which scans are written. */
export class DiskWatch {
  readonly #threads: Shared['threads'];
  readonly #settings: Settings;
  readonly #onLook: (place: string, state: DiskState | undefined, isAlarming: boolean) => void;
  /** Directory -> who asks, and how its disk fills up. */
  readonly #places = new Map<string, Place>();
  /** Directories whose disk has not answered yet. */
  readonly #asked = new Set<string>();

  /** @param onLook told of each look, and without a state when nothing is written there any more */
  constructor(
    threads: Shared['threads'],
    settings: Settings,
    onLook: (place: string, state: DiskState | undefined, isAlarming: boolean) => void,
  ) {
    this.#threads = threads;
    this.#settings = settings;
    this.#onLook = onLook;
  }

  /** @param files that are being written */
  async run(files: () => Iterable<string>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const places = new Map([...files()].map((file) => [path.dirname(file), file]));
      for (const known of this.#places.keys()) if (!places.has(known)) this.#leave(known);
      for (const [directory, file] of places) void this.#look(directory, file);
      await sleep(LOOK_MILLISECONDS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  #leave(directory: string): void {
    this.#places.delete(directory);
    this.#onLook(directory, undefined, false);
  }

  async #look(directory: string, file: string): Promise<void> {
    if (this.#asked.has(directory)) return;
    this.#asked.add(directory);
    try {
      const { thread, forecast } = await this.#placeOf(directory, file);
      const free = await thread.call('room', [directory, diskOptions(this.#settings)]);
      const { state, isAlarming } = forecast.add(performance.now() / 1_000, free);
      this.#onLook(directory, state, isAlarming);
    } catch {
      // Whoever writes there says what is wrong.
    } finally {
      this.#asked.delete(directory);
    }
  }

  /** Known as long as something is written there: finding the thread takes another one. */
  async #placeOf(directory: string, file: string): Promise<Place> {
    const known = this.#places.get(directory);
    if (known?.thread.hasEnded === false) return known;
    const place = { thread: await this.#threads.of(file), forecast: known?.forecast ?? new DiskForecast() };
    this.#places.set(directory, place);
    return place;
  }
}
