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

const TOO_MANY = 429;

/** What may pass by itself: nobody answers, an engine behind the API is away, or the API failed. */
export const isPassing = (error: unknown): boolean =>
  error instanceof Away || (error instanceof Refused && (error.status === TOO_MANY || error.status >= 500));
