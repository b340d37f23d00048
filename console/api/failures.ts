/** The API refused, and says why. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(
    readonly status: number,
    message: string,
    readonly errors: readonly { readonly field: string; readonly message: string }[] = [],
  ) {
    super(message);
  }
}

/** Nobody answers, or not to the end. */
export class Away extends Error {
  override readonly name = 'Away';
}

const PASSING = [429, 502, 503, 504];

/** What passes by itself: nobody answers, or an engine behind the API is away for a moment. */
export const isPassing = (error: unknown): boolean => error instanceof Away || (error instanceof Refused && PASSING.includes(error.status));
