/**
 * The names of what this process creates for an owner, from before the request on until its watch has brought it, or it turns out not to be there.
 * A cache that is behind does not have it yet, and an answer that was lost does not say that it is there.
 */
export class CreatedNames {
  readonly #byOwner = new Map<string, Set<string>>();

  /** How many owners have some. */
  get size(): number {
    return this.#byOwner.size;
  }

  of(ownerUid: string): string[] {
    return [...(this.#byOwner.get(ownerUid) ?? [])];
  }

  note(ownerUid: string, name: string): void {
    this.#byOwner.set(ownerUid, (this.#byOwner.get(ownerUid) ?? new Set()).add(name));
  }

  forget(ownerUid: string, name: string): void {
    const names = this.#byOwner.get(ownerUid);
    names?.delete(name);
    if (names?.size === 0) this.#byOwner.delete(ownerUid);
  }

  /** The owner needs none of them any more. */
  forgetOwner(ownerUid: string): void {
    this.#byOwner.delete(ownerUid);
  }
}
