export interface TokenBucketOptions {
  perSecond: number;
  /** Tokens at the start, also the maximum. */
  burst: number;
  nowMs?: () => number;
}

/** Allows `burst` at once and `perSecond` on average (client-go's flowcontrol). */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #nowMs: () => number;
  #tokens: number;
  #filledMs: number;

  constructor({ perSecond, burst, nowMs = () => performance.now() }: TokenBucketOptions) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#nowMs = nowMs;
    this.#tokens = burst;
    this.#filledMs = nowMs();
  }

  /** Takes a token, if there is one. */
  tryTake(): boolean {
    this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Reserves the next token. Returns the milliseconds until it is available. Callers are served in their order. */
  reserve(): number {
    this.#fill();
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : -this.#tokens / this.#perMs;
  }

  /** Gives back a reserved token that was not used. */
  giveBack(): void {
    this.#tokens = Math.min(this.#tokens + 1, this.#burst);
  }

  #fill(): void {
    const nowMs = this.#nowMs();
    // A clock that was set back must not take tokens away.
    const passedMs = Math.max(nowMs - this.#filledMs, 0);
    this.#tokens = Math.min(this.#tokens + passedMs * this.#perMs, this.#burst);
    this.#filledMs = nowMs;
  }
}
