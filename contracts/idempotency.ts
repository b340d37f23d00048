import { IDEMPOTENCY_KEY_CHARACTERS } from './sizes.ts';
import { plainText } from './text.ts';

/** Of the header Idempotency-Key. https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ */
export const idempotencyKeySchema = plainText(IDEMPOTENCY_KEY_CHARACTERS)
  .min(1)
  .optional()
  .describe('The same request again with the same key, within a day, is the same; with another body it is a conflict');
