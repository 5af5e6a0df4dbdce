import type { Scan } from '../api';
import { button, KeyedList, make, section, setText, table, type Shown } from '../dom';
import { ago, count } from '../format';

/** The last scans that are over. */
export class EndedScans {
  readonly #table = table('Last scans', ['Scan', 'Session', 'Result', 'Values', 'Ended', 'File']);
  readonly #nothing = make('p', { class: 'quiet' }, 'No scan has ended yet.');
  readonly element = section('ended', 'Last scans', this.#nothing, this.#table.frame);
  readonly #list: KeyedList<Scan>;

  constructor(onBrowse: (scan: string) => void) {
    this.#list = new KeyedList<Scan>(
      this.#table.body,
      ({ scan, start_time }) => `${scan} ${start_time ?? ''}`,
      (scan) => shownScan(scan, onBrowse),
    );
  }

  show(scans: readonly Scan[]): void {
    this.#nothing.hidden = scans.length > 0;
    this.#table.frame.hidden = scans.length === 0;
    this.#list.show(scans);
  }
}

function shownScan(first: Scan, onBrowse: (scan: string) => void): Shown<Scan> {
  const result = make('span', { class: 'badge' });
  const why = make('span', { class: 'why' });
  const [points, ended] = [make('td', { class: 'number' }), make('td')];
  const browse = button(
    'Browse',
    () => {
      onBrowse(first.scan);
    },
    {
      'aria-label': `Browse the file of ${first.name}`,
    },
  );
  const element = make(
    'tr',
    {},
    make('th', { scope: 'row', title: first.scan }, first.name),
    make('td', {}, first.session),
    make('td', {}, result, why),
    points,
    ended,
    make('td', {}, browse),
  );
  return {
    element,
    show(scan) {
      setText(result, wordOf(scan));
      result.dataset['level'] = levelOf(scan);
      setText(why, scan.why?.message ?? '');
      setText(points, count(scan.points));
      setText(ended, ago(scan.end_time));
      browse.disabled = scan.file === null;
      if (scan.file !== null) browse.title = scan.file;
    },
  };
}

function wordOf({ state, status }: Scan): string {
  if (state !== 'finished') return state;
  return status === null || status === 'SUCCEEDED' ? 'complete' : status.toLowerCase();
}

function levelOf({ state, status }: Scan): string {
  if (state === 'refused' || status === 'FAILED') return 'bad';
  if (state === 'finished' && (status === null || status === 'SUCCEEDED')) return 'good';
  return state === 'passed' ? '' : 'warn';
}
