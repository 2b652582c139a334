import { lineCount } from './lines.ts';

/** How much unwritten output is kept in memory: the newest lines, which have the reason of a failure. */
const KEPT_BYTES = 64 * 1024;

/** Output that is not (yet) in the log file: its newest bytes, and the number of lost bytes before them. */
export class KeptOutput {
  #content: Buffer = Buffer.alloc(0);
  #lostBytes = 0;
  #lostLines = 0;
  readonly reason: string;

  /** `reason`: why it is not in the file, for the log. */
  constructor(reason: string) {
    this.reason = reason;
  }

  add(content: Buffer): void {
    const all = Buffer.concat([this.#content, content]);
    const surplus = all.length - KEPT_BYTES;
    if (surplus <= 0) {
      this.#content = all;
      return;
    }
    const newline = all.indexOf(10, surplus - 1);
    const cut = newline < 0 ? surplus : newline + 1;
    this.#lostBytes += cut;
    this.#lostLines += lineCount(all.subarray(0, cut));
    this.#content = Buffer.from(all.subarray(cut));
  }

  /** The log's text for it: a line about the lost bytes, then the kept ones. `newLine`: the log's last line is incomplete. */
  content(newLine: boolean): Buffer {
    if (this.#lostBytes === 0) return this.#content;
    const lines = this.#lostLines === 0 ? '' : ` (${this.#lostLines} ${this.#lostLines === 1 ? 'line' : 'lines'})`;
    const note = `[tektrace] ${this.#lostBytes} bytes${lines} of output are missing here: ${this.reason}\n`;
    return Buffer.concat([Buffer.from(newLine ? `\n${note}` : note), this.#content]);
  }
}
