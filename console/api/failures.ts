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

/** What was asked for is not there. */
export const isMissing = (error: unknown): boolean => error instanceof Refused && error.status === 404;

/** The words of a refusal, each once: what the API says as a whole often is what it says field by field. */
export function saidOnce({ message, errors }: Pick<Refused, 'message' | 'errors'>): Pick<Refused, 'message' | 'errors'> {
  const isSame = errors.length > 0 && errors.every((error) => message.includes(error.message));
  if (!isSame) return { message, errors };
  return errors.length === 1 ? { message, errors: [] } : { message: '', errors };
}
