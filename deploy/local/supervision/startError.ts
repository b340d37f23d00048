/** A reason that a person can act on; shown without a stack. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
