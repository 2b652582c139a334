import type { Answer, Json, RequestOptions } from './client.ts';
import type { Hooks } from './hooks.ts';

export interface WatchEvent {
  type: string;
  object: Json;
}

export interface Watch {
  /** What a refused watch was answered with has a status other than 200 and no events. */
  answer: Answer;
  /** The next events; throws when the stream ends, or nothing comes for 60 s, before there are `count`. */
  take(count: number): Promise<WatchEvent[]>;
  /** Everything up to the stream's end. */
  rest(): Promise<WatchEvent[]>;
  end(): void;
}

/**
 * What a case does its requests with, and what is recorded of them. A path that starts without a slash is a resource of the case's
 * namespace (`configmaps/a?limit=1`), see paths.ts.
 */
export interface Session {
  /** A namespace of the case's own, the same on each server. */
  readonly namespace: string;
  send(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  get(path: string, options?: RequestOptions): Promise<Answer>;
  post(path: string, body: unknown, options?: RequestOptions): Promise<Answer>;
  put(path: string, body: unknown, options?: RequestOptions): Promise<Answer>;
  /** `type`: json, merge, strategic or apply. */
  patch(path: string, type: PatchType, body: unknown, options?: RequestOptions): Promise<Answer>;
  delete(path: string, options?: RequestOptions): Promise<Answer>;
  watch(path: string, options?: RequestOptions): Promise<Watch>;
  /** Asks until `holds`, and records only the last answer. Throws when it has not held for 90 s. */
  eventually(path: string, holds: (answer: Answer) => boolean): Promise<Answer>;
  /** The same requests, left out of the recording (for what is not the case's point). */
  readonly unrecorded: Pick<Session, 'get' | 'post' | 'put' | 'patch' | 'delete'>;
  /** Admission webhooks of the case. */
  readonly hooks: Hooks;
  /** Adds something seen to the recording. */
  record(what: string, value: unknown): void;
  /** Compacts the server's history. */
  compact(): Promise<void>;
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

/** One behaviour of the API: it holds on every server, and what is recorded of it is equal on all of them. */
export interface ConformanceCase {
  area: string;
  name: string;
  run(session: Session): Promise<void>;
}

/** The cases of an area, by their names. */
export function area(name: string, cases: Record<string, ConformanceCase['run']>): ConformanceCase[] {
  return Object.entries(cases).map(([title, run]) => ({ area: name, name: title, run }));
}
