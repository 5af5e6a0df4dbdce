import type { Scan } from '../api';
import { button, KeyedList, make, section, setText, type Shown } from '../dom';
import { ago, count, duration, points, precise } from '../format';
import type { Rates } from '../rates';

export interface ScanActions {
  onPlot(scan: Scan): void;
  onBrowse(scan: string): void;
}

/** A lag below this is only what has not been flushed yet. */
const SMALL_LAG_SECONDS = 2;

/** Scans that the service is busy with. */
export class RunningScans {
  readonly #nothing = make('p', { class: 'quiet' }, 'No scan is running.');
  readonly #cards = make('ul', { class: 'cards' });
  readonly element = section('running', 'Running scans', this.#nothing, this.#cards);
  readonly #rates: Rates;
  readonly #list: KeyedList<Scan>;
  #selected: string | undefined;

  constructor(rates: Rates, actions: ScanActions) {
    this.#rates = rates;
    this.#list = new KeyedList<Scan>(
      this.#cards,
      ({ scan }) => scan,
      (scan) => this.#card(scan, actions),
    );
  }

  /** @param selected the scan that is drawn */
  show(scans: readonly Scan[], selected: string | undefined): void {
    this.#selected = selected;
    this.#nothing.hidden = scans.length > 0;
    this.#list.show(scans);
  }

  #card(first: Scan, actions: ScanActions): Shown<Scan> {
    let last = first;
    const state = make('span', { class: 'badge' });
    const bar = make('progress', { 'aria-label': `Progress of ${first.name}` });
    const [done, rate, lag, start] = [make('dd'), make('dd'), make('dd'), make('dd')];
    const [file, why] = [make('p', { class: 'path' }), make('p', { class: 'why' })];
    const plot = button(
      'Plot',
      () => {
        actions.onPlot(last);
      },
      { 'aria-label': `Plot ${first.name}` },
    );
    const browse = button(
      'Browse file',
      () => {
        actions.onBrowse(first.scan);
      },
      {
        'aria-label': `Browse the file of ${first.name}`,
      },
    );
    const element = make(
      'li',
      { class: 'card', 'data-scan': first.scan },
      make('h3', {}, make('span', {}, first.name), state),
      make('p', { class: 'quiet' }, `session ${first.session}`),
      bar,
      make(
        'dl',
        {},
        ...pairs([
          ['Points', done],
          ['Rate', rate],
          ['Lag', lag],
          ['Started', start],
        ]),
      ),
      why,
      file,
      make('div', { class: 'actions' }, plot, browse),
    );
    const show = (scan: Scan): void => {
      last = scan;
      setText(state, scan.state);
      state.dataset['level'] = scan.state === 'waiting' ? 'warn' : 'live';
      showProgress(bar, scan);
      setText(done, scan.expected > 0 ? `${count(scan.rows)} of ${count(scan.expected)}` : count(scan.rows));
      const speed = this.#rates.of(scan.scan);
      setText(rate, speed === undefined ? '…' : `${precise(speed)} values/s`);
      setText(lag, lagText(scan));
      lag.dataset['level'] = scan.lag.seconds > SMALL_LAG_SECONDS ? 'warn' : '';
      setText(start, ago(scan.start_time));
      setText(file, scan.file ?? 'has no file yet');
      setText(why, scan.why?.message ?? '');
      why.hidden = scan.why === null;
      browse.disabled = scan.file === null;
      plot.setAttribute('aria-pressed', String(scan.scan === this.#selected));
    };
    return { element, show };
  }
}

function pairs(items: readonly [string, HTMLElement][]): HTMLElement[] {
  return items.map(([name, value]) => make('div', {}, make('dt', {}, name), value));
}

/** A bar that moves to and fro where nobody knows how many points there will be. */
function showProgress(bar: HTMLProgressElement, { rows, expected }: Scan): void {
  if (expected <= 0) {
    bar.removeAttribute('value');
    return;
  }
  bar.max = expected;
  bar.value = rows;
}

function lagText({ lag }: Scan): string {
  if (lag.points === 0) return 'none';
  return `${points(lag.points)}, ${duration(lag.seconds)}`;
}
