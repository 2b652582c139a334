import { LruMap } from '../../runtime/lru.ts';
import { TokenBucket } from '../../runtime/token-bucket.ts';
import { eventName, shortened } from './event.ts';
import type { CoreEvent } from './event.ts';

/** client-go's numbers. */
const MAX_ENTRIES = 4096;
const SIMILAR = { max: 10, withinMs: 600_000 };
const SPAM = { burst: 25, perSecond: 1 / 300 };

/** The Event to send: a new one, or a repeated one (`event.count` > 1). */
export type Correlated = CoreEvent;

interface Similar {
  messages: Set<string>;
  lastMs: number;
}

interface Seen {
  name: string;
  firstTimestamp: string;
  count: number;
}

function sourceAndObject({ source, involvedObject, type }: CoreEvent): (string | undefined)[] {
  const { kind, namespace, name, uid, apiVersion } = involvedObject;
  return [source.component, source.host, kind, namespace, name, uid, apiVersion, type];
}

/**
 * client-go's event correlator. A repeated Event increases its count. From the tenth different message of one reason about one object within ten
 * minutes on, there is one combined Event. The Events of one source about one object are limited (25 at once, one every 5 minutes). The
 * number of remembered Events is limited.
 */
export class EventCorrelator {
  readonly #similar = new LruMap<string, Similar>(MAX_ENTRIES);
  readonly #seen = new LruMap<string, Seen>(MAX_ENTRIES);
  readonly #spam = new LruMap<string, TokenBucket>(MAX_ENTRIES);
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The Event to send for `event`; undefined if the rate limit drops it. */
  correlate(event: CoreEvent): Correlated | undefined {
    const who = sourceAndObject(event);
    const similarKey = JSON.stringify([...who, event.reason]);
    const isCombined = this.#isOneOfMany(similarKey, event.message);
    const key = isCombined
      ? similarKey
      : JSON.stringify([...who, event.reason, event.involvedObject.fieldPath, event.message]);
    const counted = this.#countUp(key, isCombined ? this.#combined(event) : event);
    return this.#isSpam(JSON.stringify(who)) ? undefined : counted;
  }

  #isOneOfMany(key: string, message: string): boolean {
    const nowMs = this.#nowMs();
    const before = this.#similar.get(key);
    const isRecent = before !== undefined && nowMs - before.lastMs <= SIMILAR.withinMs;
    const messages = isRecent ? before.messages : new Set<string>();
    messages.add(message);
    this.#similar.set(key, { messages, lastMs: nowMs });
    if (messages.size < SIMILAR.max) return false;
    // One place is free: the next new message makes ten again.
    for (const any of messages) {
      messages.delete(any);
      break;
    }
    return true;
  }

  #combined(event: CoreEvent): CoreEvent {
    const { namespace } = event.metadata;
    return {
      ...event,
      metadata: { name: eventName(event.involvedObject.name ?? ''), namespace },
      message: shortened(`(combined from similar events): ${event.message}`),
    };
  }

  #countUp(key: string, event: CoreEvent): CoreEvent {
    const before = this.#seen.get(key);
    const count = (before?.count ?? 0) + 1;
    const name = before?.name ?? event.metadata.name;
    const firstTimestamp = before?.firstTimestamp ?? event.firstTimestamp;
    this.#seen.set(key, { name, firstTimestamp, count });
    return { ...event, metadata: { ...event.metadata, name }, firstTimestamp, count };
  }

  #isSpam(key: string): boolean {
    const bucket = this.#spam.get(key) ?? new TokenBucket({ ...SPAM, nowMs: this.#nowMs });
    this.#spam.set(key, bucket);
    return !bucket.tryTake();
  }
}
