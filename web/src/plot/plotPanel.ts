import {
  ApiError,
  askJson,
  scanPath,
  token,
  type Plot,
  type Scan,
  type ScanDetail,
  type Service,
} from '../api';
import { make, section, setText } from '../dom';
import { count, points as pointsText } from '../format';
import { Chart } from './chart';
import { GrowingPoints } from './points';

const COLOURS = 6;
const DARK = window.matchMedia('(prefers-color-scheme: dark)');

/** The plot of one scan, which grows while it runs. */
export class PlotPanel {
  readonly #words = make('p', { class: 'quiet', role: 'status' });
  readonly #readout = make('p', { class: 'readout', 'aria-hidden': 'true' });
  readonly #curves = make('fieldset', { class: 'curves' });
  readonly #place = make('div', { class: 'chart', role: 'img' });
  readonly element = section('plot', 'Plot', this.#curves, this.#place, this.#words, this.#readout);
  readonly #onRefused: (why: string) => void;
  #scan: Scan | undefined;
  #plot: Plot | undefined;
  #shown: readonly string[] = [];
  #points: GrowingPoints | undefined;
  #chart: Chart | undefined;
  /** How many points the chart has. */
  #drawn = 0;
  #isBusy = false;
  #access: Service['data_access'] = 'token';

  /** @param onRefused told when the token is not taken */
  constructor(onRefused: (why: string) => void) {
    this.#onRefused = onRefused;
    DARK.addEventListener('change', () => {
      this.#begin();
      this.#draw();
    });
    this.#clear('');
  }

  showAccess(access: Service['data_access']): void {
    this.#access = access;
  }

  get scan(): string | undefined {
    return this.#scan?.scan;
  }

  /** Draws this scan from now on. */
  select(scan: Scan): void {
    this.#scan = scan;
    this.#plot = undefined;
    setText(this.element.querySelector('h2') ?? this.element, `Plot of ${scan.name}`);
    this.#clear('');
    void this.update();
  }

  /** There may be new points. */
  async update(): Promise<void> {
    if (this.#scan === undefined || this.#isBusy || this.#points?.isEnded === true) return;
    if (this.#access !== 'open' && token.get() === null) {
      this.#lock();
      return;
    }
    this.#isBusy = true;
    const { scan } = this.#scan;
    try {
      await this.#findPlot(scan);
      await this.#points?.grow();
    } catch (error) {
      if (scan === this.scan) this.#explain(error);
    } finally {
      this.#isBusy = false;
    }
    if ((this.#points?.count ?? 0) > this.#drawn) this.#draw();
    if (scan !== this.scan) void this.update();
  }

  /** What can be drawn is known when the first points are on disk. */
  async #findPlot(scan: string): Promise<void> {
    if (this.#plot !== undefined && this.#points !== undefined) return;
    const { plot } = await askJson<ScanDetail>(scanPath(scan));
    if (plot === null || scan !== this.scan) {
      this.#clear('There is nothing to draw yet: this scan has no points that are single numbers.');
      return;
    }
    this.#plot = plot;
    this.#shown = plot.shown;
    this.#offer(plot);
    this.#begin();
  }

  #offer({ signals }: Plot): void {
    const boxes = signals.map((name, index) => {
      const box = make('input', { type: 'checkbox', id: `curve-${index}` });
      box.checked = this.#shown.includes(name);
      box.addEventListener('change', () => {
        const isShown = (each: string): boolean => (each === name ? box.checked : this.#shown.includes(each));
        this.#shown = signals.filter(isShown);
        this.#begin();
        void this.update();
      });
      const swatch = make('span', { class: 'swatch', 'data-colour': String(index % COLOURS) });
      return make('label', { for: `curve-${index}` }, box, swatch, name);
    });
    this.#curves.replaceChildren(make('legend', {}, 'Curves'), ...boxes);
    this.#curves.hidden = false;
  }

  /** Another set of curves: from the first point on. */
  #begin(): void {
    this.#chart?.destroy();
    this.#chart = undefined;
    this.#drawn = 0;
    this.#place.hidden = this.#shown.length === 0;
    if (this.#scan === undefined || this.#plot === undefined || this.#shown.length === 0) return;
    const { axis, signals } = this.#plot;
    const channels = [...(axis === null ? [] : [axis]), ...this.#shown];
    const kept = this.#points?.matches(this.#scan.scan, channels) === true;
    if (!kept) this.#points = new GrowingPoints(this.#scan.scan, channels);
    const curves = this.#shown.map((name) => {
      return { name, colour: `--curve-${signals.indexOf(name) % COLOURS}` };
    });
    this.#chart = new Chart(this.#place, axis ?? 'point', curves, (words) => {
      setText(this.#readout, words);
    });
  }

  #draw(): void {
    const points = this.#points;
    if (points === undefined || this.#plot === undefined) return;
    const { columns } = points;
    this.#drawn = points.count;
    const hasAxis = this.#plot.axis !== null;
    this.#chart?.show(hasAxis ? columns[0] : undefined, hasAxis ? columns.slice(1) : columns);
    const names = this.#shown.join(', ');
    const over = this.#plot.axis === null ? '' : ` over ${this.#plot.axis}`;
    this.#place.setAttribute('aria-label', `${names}${over}: ${pointsText(points.count)}`);
    setText(
      this.#words,
      points.isFull ? `These are the first ${count(points.count)} points.` : pointsText(points.count),
    );
  }

  #lock(): void {
    this.#clear(
      this.#access === 'none'
        ? 'Points are shown when the service has a --token-file.'
        : 'Give the token at the top of the page to see the points of this scan.',
    );
  }

  #explain(error: unknown): void {
    if (error instanceof ApiError && error.isAboutToken) {
      this.#onRefused(error.message);
      this.#lock();
      return;
    }
    // What passes by itself is told elsewhere.
    if (error instanceof ApiError && !error.mayPass) this.#clear(error.message);
  }

  #clear(words: string): void {
    this.#chart?.destroy();
    this.#chart = undefined;
    this.#points = undefined;
    this.#plot = undefined;
    this.#curves.hidden = true;
    this.#place.hidden = true;
    this.element.hidden = this.#scan === undefined;
    setText(this.#words, words);
    setText(this.#readout, '');
  }
}
