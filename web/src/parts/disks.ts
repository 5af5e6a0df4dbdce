import type { Disk, Service } from '../api';
import { KeyedList, make, section, setText, table, type Shown } from '../dom';
import { bytes, duration } from '../format';

/** What is measured over a minute says nothing of next week. */
const FAR_SECONDS = 3 * 24 * 3_600;

/** Room on the disks that are written to, and in the memory between Redis and them. */
export class Disks {
  readonly #table = table('Disks', ['Directory', 'Free', 'Full in']);
  readonly #nothing = make('p', { class: 'quiet' }, 'Disks are watched while a scan is written to them.');
  readonly #queue = make('p', { class: 'quiet' });
  readonly element = section('disks', 'Disks and memory', this.#nothing, this.#table.frame, this.#queue);
  readonly #list = new KeyedList<Disk>(this.#table.body, ({ directory }) => directory, shownDisk);

  show({ disks, queue }: Service): void {
    this.#nothing.hidden = disks.length > 0;
    this.#table.frame.hidden = disks.length === 0;
    this.#list.show(disks);
    setText(this.#queue, `${bytes(queue.bytes)} of ${bytes(queue.budget)} wait in memory to be written.`);
  }
}

function shownDisk({ directory }: Disk): Shown<Disk> {
  const [free, full] = [make('td', { class: 'number' }), make('td')];
  return {
    element: make('tr', {}, make('th', { scope: 'row', class: 'path' }, directory), free, full),
    show({ free_bytes, full_seconds, silent_seconds }) {
      setText(free, free_bytes === null ? '' : bytes(free_bytes));
      setText(full, silent_seconds === null ? forecast(full_seconds) : 'does not answer');
    },
  };
}

function forecast(seconds: number | null): string {
  return seconds === null || seconds > FAR_SECONDS ? 'not in sight' : duration(seconds);
}
