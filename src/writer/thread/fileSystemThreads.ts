import path from 'node:path';
import { ScanWriterError } from '../../scan/index.js';
import { FileSystemThread } from './fileSystemThread.js';

/**
 * @param place a directory on the file system
 * @param seconds how long it has not answered; undefined when it answers again
 */
export type OnSilence = (place: string, seconds: number | undefined) => void;

const SILENCE_SECONDS = 10;
const LOOK_MILLISECONDS = 2_000;
/** A thread that has nothing to ask takes 20 MB: it ends when no other question comes so soon. */
const IDLE_MILLISECONDS = 10_000;
/** The answer takes microseconds, the start of another thread tens of milliseconds: the next question waits so long. */
const TURN_MILLISECONDS = 500;

/**
 * The threads by file system (`stat.dev`), each made when it is first needed, so that a mount that hangs stops only
 * the scans that are on it (DESIGN decision 6). One that died is replaced.
 */
export class FileSystemThreads {
  readonly #onSilence: OnSilence | undefined;
  /** Those that were reported. */
  readonly #silent = new Set<FileSystemThread>();
  #watch: NodeJS.Timeout | undefined;
  readonly #byDevice = new Map<number, FileSystemThread>();
  /** Directory -> the answer that is waited for: one that hangs is asked once, however many scans want it. */
  readonly #asked = new Map<string, Promise<FileSystemThread>>();
  /** Threads that ask where a path is, each busy with one question: it may never be answered. */
  readonly #scouts = new Set<FileSystemThread>();
  #idleScout: FileSystemThread | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  /** When the next question may be asked. */
  #turn: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** @param onSilence is told of file systems that do not answer */
  constructor(onSilence?: OnSilence) {
    this.#onSilence = onSilence;
  }

  /** The thread of the file system on which a file is or will be. Waits as long as that file system does. */
  of(target: string): Promise<FileSystemThread> {
    const directory = path.dirname(target);
    const asked = this.#asked.get(directory);
    if (asked !== undefined) return asked;
    const answer = this.#ask(target).finally(() => this.#asked.delete(directory));
    this.#asked.set(directory, answer);
    return answer;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#watch);
    const idle = this.#idleScout === undefined ? [] : [this.#idleScout];
    const threads = [...this.#byDevice.values(), ...this.#scouts, ...idle];
    await Promise.all(threads.map((thread) => thread.close()));
  }

  async #ask(target: string): Promise<FileSystemThread> {
    if (this.#isClosed) throw new ScanWriterError('target', 'The writing threads are closed.');
    if (this.#onSilence !== undefined) {
      this.#watch ??= setInterval(() => {
        this.#look();
      }, LOOK_MILLISECONDS).unref();
    }
    const endTurn = await this.#takeTurn();
    const scout = this.#takeScout();
    scout.place = path.dirname(target);
    try {
      const device = await scout.call('device', [target]);
      const known = this.#byDevice.get(device);
      if (known !== undefined && !known.hasEnded) {
        this.#giveBack(scout);
        return known;
      }
      // The scout is there already: it becomes the thread of this file system.
      this.#byDevice.set(device, scout);
      return scout;
    } catch (error) {
      this.#giveBack(scout);
      throw error;
    } finally {
      this.#scouts.delete(scout);
      endTurn();
    }
  }

  /** Waits until the question before is answered, or has waited long enough. @returns ends this turn */
  async #takeTurn(): Promise<() => void> {
    const before = this.#turn;
    let end = (): void => undefined;
    this.#turn = new Promise((resolve) => {
      end = resolve;
    });
    await before;
    const timer = setTimeout(end, TURN_MILLISECONDS);
    return () => {
      clearTimeout(timer);
      end();
    };
  }

  #look(): void {
    for (const thread of new Set([...this.#byDevice.values(), ...this.#scouts, ...this.#silent])) {
      const seconds = thread.hasEnded ? 0 : thread.waitMilliseconds / 1_000;
      if (seconds > SILENCE_SECONDS && !this.#silent.has(thread)) {
        this.#silent.add(thread);
        this.#onSilence?.(thread.place, seconds);
      } else if (seconds < SILENCE_SECONDS && this.#silent.delete(thread)) {
        this.#onSilence?.(thread.place, undefined);
      }
    }
  }

  #takeScout(): FileSystemThread {
    const idle = this.#idleScout;
    this.#idleScout = undefined;
    clearTimeout(this.#idleTimer);
    const scout = idle === undefined || idle.hasEnded ? new FileSystemThread() : idle;
    this.#scouts.add(scout);
    return scout;
  }

  #giveBack(scout: FileSystemThread): void {
    if (this.#idleScout !== undefined || scout.hasEnded || this.#isClosed) {
      void scout.close();
      return;
    }
    this.#idleScout = scout;
    this.#idleTimer = setTimeout(() => {
      this.#idleScout = undefined;
      void scout.close();
    }, IDLE_MILLISECONDS).unref();
  }
}
