import { ask, askJson, ApiError, scanPath, urlOf, type Scan, type ScanDetail } from '../api';
import { button, make, setText } from '../dom';
import { count } from '../format';
import type { MountedBrowser } from './h5web';

const TRIES = 3;
const AGAIN_MILLISECONDS = 700;

/** The file of one scan, in place of the rest of the page. */
export class FileView {
  readonly #title = make('h2', { tabindex: '-1' });
  readonly #news = button('Show new points', () => {
    this.#refresh();
  });
  readonly #words = make('p', { class: 'quiet', role: 'status' });
  readonly #place = make('div', { class: 'h5web' });
  readonly element: HTMLElement;
  readonly #onRefused: (why: string) => void;
  #scan: string | undefined;
  #mounted: MountedBrowser | undefined;
  /** Rows that the browser was told of, and that there are. */
  #rows = { shown: 0, present: 0 };
  #reads = 0;

  constructor(onBack: () => void, onRefused: (why: string) => void) {
    this.#onRefused = onRefused;
    const back = button('Back to the scans', onBack);
    const head = make('div', { class: 'file-head' }, back, this.#title, this.#news, this.#words);
    this.element = make('section', { class: 'file', 'aria-label': 'File' }, head, this.#place);
    this.element.hidden = true;
  }

  async open(scan: string): Promise<void> {
    this.close();
    this.#scan = scan;
    this.element.hidden = false;
    setText(this.#title, scan.split(':').at(-1) ?? scan);
    this.#title.focus();
    setText(this.#words, 'The browser of files is being loaded.');
    try {
      // What is refused is better told in our words, before so much is loaded.
      await ask(partOf(scan, '/'));
      const path = await firstPath(scan);
      const { mountBrowser } = await import('./h5web');
      if (this.#scan !== scan) return;
      this.#mounted = mountBrowser(this.#place, { scan, path, url: urlOf('h5').href, fetchPart });
      setText(this.#words, '');
    } catch (error) {
      if (this.#scan === scan) this.#explain(error);
    }
    this.#showNews();
  }

  close(): void {
    this.#mounted?.unmount();
    this.#mounted = undefined;
    this.#scan = undefined;
    this.#rows = { shown: 0, present: 0 };
    this.element.hidden = true;
  }

  /** How far scans are now. */
  update(scans: readonly Scan[]): void {
    const scan = scans.find((each) => each.scan === this.#scan);
    if (scan === undefined) return;
    if (this.#rows.present === 0) this.#rows.shown = scan.rows;
    this.#rows.present = scan.rows;
    this.#showNews();
  }

  #refresh(): void {
    this.#rows.shown = this.#rows.present;
    this.#mounted?.reload(++this.#reads);
    this.#showNews();
  }

  #showNews(): void {
    const news = this.#rows.present - this.#rows.shown;
    this.#news.hidden = news <= 0 || this.#mounted === undefined;
    setText(this.#news, `Show ${count(news)} new point${news === 1 ? '' : 's'}`);
  }

  #explain(error: unknown): void {
    if (!(error instanceof ApiError)) {
      console.error(error);
      setText(this.#words, 'The service does not answer: try again in a moment.');
      return;
    }
    if (!error.isAboutToken) {
      setText(this.#words, error.message);
      return;
    }
    const isWrong = error.tag === 'wrongToken';
    setText(
      this.#words,
      isWrong ? error.message : 'Give the token at the top of the page to look into files.',
    );
    if (isWrong) this.#onRefused(error.message);
  }
}

function partOf(scan: string, path: string): string {
  return `h5/meta?${new URLSearchParams({ file: scan, path }).toString()}`;
}

/** Where to begin: at what is drawn while a scan runs, then at the file's own default. */
async function firstPath(scan: string): Promise<string> {
  const { plot, channels } = await askJson<ScanDetail>(scanPath(scan));
  return channels.find(({ name, on_disk }) => name === plot?.shown[0] && on_disk > 0)?.dataset ?? '/';
}

/** What h5web fetches its parts with. */
async function fetchPart(
  url: string,
  params: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<ArrayBuffer> {
  for (let tries = 1; ; tries++) {
    try {
      const answer = await ask(
        `${url}?${new URLSearchParams(params).toString()}`,
        signal ?? new AbortController().signal,
      );
      return await answer.arrayBuffer();
    } catch (error) {
      if (!(error instanceof ApiError && error.mayPass) || tries >= TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MILLISECONDS));
    }
  }
}
