/**
 * Names of objects that this process creates for an owner, from before the request until the watch brings the object, or it is known not to exist. The
 * cache may be behind, and the response to the creation may be lost.
 */
export class CreatedNames {
  readonly #byOwner = new Map<string, Set<string>>();

  /** Number of owners with names. */
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

  /** Forgets all names of the owner. */
  forgetOwner(ownerUid: string): void {
    this.#byOwner.delete(ownerUid);
  }
}
