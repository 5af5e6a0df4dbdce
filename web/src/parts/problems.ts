import type { Problem, Service } from '../api';
import { KeyedList, make, setText, type Shown } from '../dom';

const UNREACHABLE: Problem = {
  tag: 'unreachable',
  message: 'The service does not answer.',
  advice:
    'What is shown below may be out of date. This page tries again by itself. Look whether scan-writer runs, and whether this computer still reaches it.',
  scan: null,
  is_blocking: true,
};

/** What is wrong and what to do, in one line at the top and in words below it. */
export class Problems {
  readonly pill = make('p', { class: 'pill', role: 'status' }, 'connecting');
  readonly element = make('ul', { class: 'problems', 'aria-label': 'Problems', role: 'alert' });
  readonly #list = new KeyedList<Problem>(this.element, keyOf, () => shownProblem());
  #service: Service | undefined;
  #isReachable = true;

  showService(service: Service): void {
    this.#service = service;
    this.#show();
  }

  showReachable(isReachable: boolean): void {
    this.#isReachable = isReachable;
    this.#show();
  }

  #show(): void {
    const problems = [...(this.#isReachable ? [] : [UNREACHABLE]), ...(this.#service?.problems ?? [])];
    this.#list.show(problems);
    setText(this.pill, this.#word(problems));
    this.pill.dataset['level'] = problems.some(({ is_blocking }) => is_blocking)
      ? 'bad'
      : problems.length > 0
        ? 'warn'
        : 'good';
    this.element.hidden = problems.length === 0;
  }

  #word(problems: readonly Problem[]): string {
    if (!this.#isReachable) return 'service not reachable';
    if (this.#service === undefined) return 'connecting';
    if (!this.#service.is_connected) return 'Redis not reachable';
    if (problems.length === 0) return 'all is well';
    return problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  }
}

function keyOf({ tag, scan, message }: Problem): string {
  return `${tag} ${scan ?? message.replaceAll(/\d+/g, '')}`;
}

function shownProblem(): Shown<Problem> {
  const [message, advice] = [make('strong'), make('span')];
  const element = make('li', {}, message, advice);
  return {
    element,
    show(problem) {
      element.dataset['level'] = problem.is_blocking ? 'bad' : 'warn';
      setText(message, problem.message);
      setText(advice, problem.advice);
    },
  };
}
