/**
 * Names of groups and datasets (LAYOUT 1.4, "Short names"; 5.3 rule 1).
 */

/** Every run of characters outside `[A-Za-z0-9_]` becomes one `_`; what is left empty becomes `_`. */
export function cleanName(name: string): string {
  return name.replace(/[^A-Za-z0-9_]+/g, '_') || '_';
}

/**
 * The shortest ending of each full name, in whole `:`-separated parts, that no other name of the list has.
 * `a:roi1` and `b:roi1` keep both parts, `ctrl:diode1` becomes `diode1`.
 */
export function shortNames(fullNames: Iterable<string>): Map<string, string> {
  const names = [...new Set(fullNames)];
  const partCounts = new Map(names.map((name) => [name, 1]));
  for (;;) {
    const owners = new Map<string, string[]>();
    for (const name of names) {
      const ending = endingOf(name, partCounts.get(name) ?? 1);
      const sharing = owners.get(ending);
      if (sharing === undefined) owners.set(ending, [name]);
      else sharing.push(name);
    }
    let grown = false;
    for (const sharing of owners.values()) {
      if (sharing.length < 2) continue;
      for (const name of sharing) {
        const count = partCounts.get(name) ?? 1;
        if (count < name.split(':').length) {
          partCounts.set(name, count + 1);
          grown = true;
        }
      }
    }
    if (!grown) return new Map(names.map((name) => [name, endingOf(name, partCounts.get(name) ?? 1)]));
  }
}

function endingOf(fullName: string, parts: number): string {
  return fullName.split(':').slice(-parts).join(':');
}

/** Gives out each name once: a second `samx` becomes `samx_2`, so that nothing is ever dropped. */
export class UniqueNames {
  readonly #taken = new Set<string>();

  constructor(reserved: Iterable<string> = []) {
    for (const name of reserved) this.#taken.add(name);
  }

  /** @param isTaken further names that must not be given out */
  take(wanted: string, isTaken: (name: string) => boolean = () => false): string {
    let name = wanted;
    for (let n = 2; this.#taken.has(name) || isTaken(name); n++) name = `${wanted}_${n}`;
    this.#taken.add(name);
    return name;
  }
}
