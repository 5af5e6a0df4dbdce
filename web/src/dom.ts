/** Attributes by their names; what is undefined is left out. */
type Attributes = Readonly<Record<string, string | undefined>>;

/** An element. Strings become text, whatever they hold: names come from Redis and are never HTML. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Changes nothing when it says so already: a reader of the screen would say it again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function button(text: string, onPress: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const element = make('button', { type: 'button', ...attributes }, text);
  element.addEventListener('click', onPress);
  return element;
}

/** An element that shows an item, again and again as the item changes. */
export interface Shown<T> {
  readonly element: HTMLElement;
  show(item: T): void;
}

/** Shows items in an element, each in one of its own that stays: whoever has the focus keeps it. */
export class KeyedList<T> {
  readonly #place: HTMLElement;
  readonly #keyOf: (item: T) => string;
  readonly #make: (item: T) => Shown<T>;
  readonly #shown = new Map<string, Shown<T>>();

  constructor(place: HTMLElement, keyOf: (item: T) => string, makeShown: (item: T) => Shown<T>) {
    this.#place = place;
    this.#keyOf = keyOf;
    this.#make = makeShown;
  }

  show(items: readonly T[]): void {
    const keys = new Set(items.map((item) => this.#keyOf(item)));
    for (const [key, { element }] of this.#shown) {
      if (keys.has(key)) continue;
      element.remove();
      this.#shown.delete(key);
    }
    for (const [index, item] of items.entries()) {
      const key = this.#keyOf(item);
      const shown = this.#shown.get(key) ?? this.#make(item);
      this.#shown.set(key, shown);
      shown.show(item);
      const present = this.#place.children[index];
      if (present !== shown.element) this.#place.insertBefore(shown.element, present ?? null);
    }
  }
}

/** A part of the page with a heading. */
export function section(id: string, title: string, ...children: readonly (Node | string)[]): HTMLElement {
  const heading = make('h2', { id: `${id}-title` }, title);
  return make('section', { id, 'aria-labelledby': `${id}-title`, tabindex: '-1' }, heading, ...children);
}

/** A table with its heads, and the body to fill. */
export function table(label: string, heads: readonly string[]): { frame: HTMLElement; body: HTMLElement } {
  const body = make('tbody');
  const cells = heads.map((head) => make('th', { scope: 'col' }, head));
  const grid = make('table', { 'aria-label': label }, make('thead', {}, make('tr', {}, ...cells)), body);
  return {
    frame: make('div', { class: 'scroll', role: 'group', 'aria-label': label, tabindex: '0' }, grid),
    body,
  };
}
