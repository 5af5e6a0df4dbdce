/** Something to wait for until it is opened, once; with the value that it is opened with. */
export class Gate<T = void> {
  readonly opened: Promise<T>;
  /** Opens it. */
  open!: (value: T) => void;

  constructor() {
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }
}
