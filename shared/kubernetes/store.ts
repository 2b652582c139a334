import { objectKey } from './types.ts';
import type { KubeObject } from './types.ts';

/** Returns the index keys of an object. */
export type IndexFunction<T> = (object: T) => string[];

/** The objects of a reflector, by `namespace/name` and by named indexes. Objects are shared and must not be changed in place. */
export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #indexers: Record<string, IndexFunction<T>>;
  readonly #indexes = new Map<string, Map<string, Set<string>>>();
  readonly #maxObjects: number;

  /** Past `maxObjects`, what was set longest ago is deleted. */
  constructor(indexers: Record<string, IndexFunction<T>> = {}, maxObjects = Infinity) {
    this.#indexers = indexers;
    this.#maxObjects = maxObjects;
    for (const name of Object.keys(indexers)) this.#indexes.set(name, new Map());
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  keys(): string[] {
    return [...this.#objects.keys()];
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  /** The objects with the key `value` in the index `name`. Throws if there is no such index. */
  byIndex(name: string, value: string): T[] {
    const index = this.#indexes.get(name);
    if (!index) throw new Error(`store has no index ${name}`);
    return [...(index.get(value) ?? [])].map((key) => this.#objects.get(key)).filter((object) => object !== undefined);
  }

  set(object: T): void {
    const key = objectKey(object.metadata);
    this.delete(key);
    this.#objects.set(key, object);
    this.#eachIndexValue(object, (values, value) => {
      const keys = values.get(value) ?? new Set<string>();
      values.set(value, keys.add(key));
    });
    if (this.#objects.size <= this.#maxObjects) return;
    for (const oldest of this.#objects.keys()) return this.delete(oldest);
  }

  delete(key: string): void {
    const object = this.#objects.get(key);
    if (!object) return;
    this.#objects.delete(key);
    this.#eachIndexValue(object, (values, value) => {
      const keys = values.get(value);
      keys?.delete(key);
      if (keys?.size === 0) values.delete(value);
    });
  }

  #eachIndexValue(object: T, visit: (values: Map<string, Set<string>>, value: string) => void): void {
    for (const [name, indexOf] of Object.entries(this.#indexers)) {
      const values = this.#indexes.get(name);
      if (values) for (const value of indexOf(object)) visit(values, value);
    }
  }
}
