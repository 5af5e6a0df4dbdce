import { token, type Service } from '../api';
import { button, make } from '../dom';

/** Where a person says the token that measured data take. */
export class TokenForm {
  readonly #field = make('input', {
    type: 'password',
    id: 'token',
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-describedby': 'token-note',
  });
  readonly #note = make('p', { id: 'token-note', class: 'quiet', role: 'status' });
  readonly #entry = make(
    'div',
    { class: 'entry' },
    make('label', { for: 'token' }, 'Token'),
    this.#field,
    make('button', { type: 'submit' }, 'Use'),
  );
  readonly #forget = button('Forget the token', () => {
    token.forget();
    this.#changed();
  });
  readonly element = make(
    'form',
    { class: 'token', 'aria-label': 'Token for measured data' },
    this.#entry,
    this.#forget,
    this.#note,
  );
  readonly #onChange: () => void;
  #access: Service['data_access'] = 'token';

  /** @param onChange told when there is another token */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      const given = this.#field.value.trim();
      if (given === '') return;
      token.set(given);
      this.#changed();
    });
    this.#show();
  }

  showAccess(access: Service['data_access']): void {
    if (access === this.#access) return;
    this.#access = access;
    this.#show();
  }

  /** The service does not take it. */
  refuse(why: string): void {
    token.forget();
    this.#show();
    this.#note.textContent = why;
  }

  #changed(): void {
    this.#field.value = '';
    this.#show();
    this.#onChange();
  }

  #show(): void {
    const hasToken = token.get() !== null;
    this.#entry.hidden = this.#access !== 'token' || hasToken;
    this.#forget.hidden = this.#access !== 'token' || !hasToken;
    this.#note.textContent = this.#words(hasToken);
  }

  #words(hasToken: boolean): string {
    if (this.#access === 'open') return '';
    if (this.#access === 'none') return 'Plots and files are shown when the service has a --token-file.';
    return hasToken ? '' : 'Plots and files take the token of the service.';
  }
}
