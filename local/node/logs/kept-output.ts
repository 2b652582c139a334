import { lineCount } from './lines.ts';

/** How much of what could not be written is kept in memory: its newest lines, where the reason of a failure stands. */
const KEPT_BYTES = 64 * 1024;

/** Output that is not in the log file (yet): its newest bytes, and how much came before them and is lost. */
export class KeptOutput {
  #content: Buffer = Buffer.alloc(0);
  #lostBytes = 0;
  #lostLines = 0;
  readonly reason: string;

  /** `reason`: why it is not in the file, for whoever reads the log. */
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

  /** What the log shows in its place: a line that says what is lost, then what was kept. `newLine`: the log's last line is not ended. */
  content(newLine: boolean): Buffer {
    if (this.#lostBytes === 0) return this.#content;
    const lines = this.#lostLines === 0 ? '' : ` (${this.#lostLines} ${this.#lostLines === 1 ? 'line' : 'lines'})`;
    const note = `[tektrace] ${this.#lostBytes} bytes${lines} of output are missing here: ${this.reason}\n`;
    return Buffer.concat([Buffer.from(newLine ? `\n${note}` : note), this.#content]);
  }
}
