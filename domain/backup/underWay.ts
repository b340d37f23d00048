/** What somebody who waits for long work gives it. */
export interface UnderWay {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: unknown) => void;
}
