import type { Session } from '../api';
import { KeyedList, make, section, setText, table, type Shown } from '../dom';
import { bytes, count } from '../format';

/** Sessions that are followed, and those of known scans. */
export class Sessions {
  readonly #table = table('Sessions', ['Session', 'Running', 'Complete', 'Other', 'Written', 'Gaps']);
  readonly #nothing = make('p', { class: 'quiet' }, 'No session has been seen yet.');
  readonly element = section('sessions', 'Sessions', this.#nothing, this.#table.frame);
  readonly #list = new KeyedList<Session>(this.#table.body, ({ name }) => name, shownSession);

  show(sessions: readonly Session[]): void {
    this.#nothing.hidden = sessions.length > 0;
    this.#table.frame.hidden = sessions.length === 0;
    this.#list.show(sessions);
  }
}

function shownSession({ name }: Session): Shown<Session> {
  const followed = make('span', { class: 'quiet' });
  const cells = Array.from({ length: 5 }, () => make('td', { class: 'number' }));
  return {
    element: make('tr', {}, make('th', { scope: 'row' }, name, followed), ...cells),
    show({ is_followed, scans, bytes: written, gaps }) {
      setText(followed, is_followed ? '' : ' (not followed)');
      const sum = (states: readonly string[]): number =>
        states.reduce((total, state) => total + (scans[state] ?? 0), 0);
      const texts = [
        count(sum(['found', 'running', 'waiting'])),
        count(sum(['finished'])),
        count(sum(['abandoned', 'stopped', 'interrupted', 'refused', 'passed'])),
        bytes(written),
        count(gaps),
      ];
      for (const [index, cell] of cells.entries()) setText(cell, texts[index] ?? '');
    },
  };
}
