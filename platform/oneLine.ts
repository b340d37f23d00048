const MAX_LENGTH = 1_000;

/** What went wrong, in one line without control characters and of bounded length: for headers, log lines and states. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error || isErrorLike(error) ? error.message || error.name : String(error);
  return text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, MAX_LENGTH);
}

/** An error of another realm, as under a vm context. */
const isErrorLike = (value: unknown): value is Error =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Error>).message === 'string';
