/** First in, first out. Taking the first item has constant cost. */
class Fifo {
  #items: (string | undefined)[] = [];
  #head = 0;

  push(item: string): void {
    this.#items.push(item);
  }

  /** Removes and returns the oldest item. Throws RangeError if there is none. */
  shift(): string {
    const item = this.#items[this.#head];
    if (item === undefined) throw new RangeError('shift of an empty queue');
    this.#items[this.#head++] = undefined;
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }
}

/** The namespace of a `namespace/name` key. Keys without one (UIDs, cluster-scoped names) are one group. */
export function namespaceOf(key: string): string {
  const slash = key.indexOf('/');
  return slash < 0 ? '' : key.slice(0, slash);
}

/** Keys in order within a group; groups take turns, so ten thousand runs of one namespace don't delay those of another. */
export class FairQueue {
  /** Groups with keys, the next one's turn first. */
  readonly #groups = new Map<string, Fifo>();
  readonly #groupOf: (key: string) => string;
  #length = 0;

  constructor(groupOf: (key: string) => string = namespaceOf) {
    this.#groupOf = groupOf;
  }

  push(key: string): void {
    const name = this.#groupOf(key);
    const group = this.#groups.get(name) ?? new Fifo();
    group.push(key);
    this.#groups.set(name, group);
    this.#length += 1;
  }

  /** Removes and returns the next key; undefined if there is none. */
  shift(): string | undefined {
    const next = this.#groups.entries().next().value;
    if (next === undefined) return undefined;
    const [name, group] = next;
    const key = group.shift();
    this.#length -= 1;
    this.#groups.delete(name);
    if (group.length > 0) this.#groups.set(name, group);
    return key;
  }

  clear(): void {
    this.#groups.clear();
    this.#length = 0;
  }

  get length(): number {
    return this.#length;
  }
}
