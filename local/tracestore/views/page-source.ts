import type { TracesData } from '../../../shared/otlp/types.ts';

/** Where the pages read traces. */
export interface PageSource {
  /** A trace as one OTLP document; undefined if there is none of this id. */
  get(traceId: string): TracesData | undefined | Promise<TracesData | undefined>;
  /** A text or number that differs after each change of the trace. */
  revision(traceId: string): string | number | Promise<string | number>;
  /**
   * Calls `listener` with a trace's id whenever it changed, until the returned function is called. With undefined it says that the list can't be
   * read.
   */
  onChange(listener: (traceId: string | undefined) => void): () => void;
}
