/** One line of the progress shown. */
export interface ProgressLine {
  say(detail: string): void;
  done(detail?: string, endedAt?: number): void;
  fail(reason: string, endedAt?: number): void;
}

/** What setup/progress.mjs makes; it is handed in, since it is there before the build. */
export interface Progress {
  /** @param startedAt milliseconds since the epoch, where it began before now */
  begin(name: string, startedAt?: number): ProgressLine;
  /** Shows a step while `body` runs; a text that it resolves with is shown at its end. */
  step<T>(name: string, body: (line: ProgressLine) => Promise<T>): Promise<T>;
  readonly note: (text: string) => void;
}
