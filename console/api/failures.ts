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

/** What was asked for is not there. */
export const isMissing = (error: unknown): boolean => error instanceof Refused && error.status === 404;

/** The words of a refusal, each once: what the API says as a whole often is what it says field by field. */
export function saidOnce({ message, errors }: Pick<Refused, 'message' | 'errors'>): Pick<Refused, 'message' | 'errors'> {
  const isSame = errors.length > 0 && errors.every((error) => message.includes(error.message));
  if (!isSame) return { message, errors };
  return errors.length === 1 ? { message, errors: [] } : { message: '', errors };
}
