import { z } from 'zod';
import { ROLES } from './roles.ts';
import { ID_CHARACTERS, TIME_CHARACTERS } from './sizes.ts';
import { isPlainText } from './text.ts';

/** How every issued key begins, so that a scanner of secrets finds one that lies where it should not. */
const KEY_MARK = 'mmk_';
/** `mmk_<id>_<64 hexadecimal digits>`: 256 bits of chance. */
const KEY = /^mmk_([0-9a-f]{12})_[0-9a-f]{64}$/;

/** Whether a text wants to be an issued key. */
export const looksIssued = (text: string): boolean => text.startsWith(KEY_MARK);
/** The id that stands in a key; undefined in what is none. */
export const keyIdIn = (key: string): string | undefined => KEY.exec(key)?.[1];
export const keyText = (keyId: string, secret: string): string => `${KEY_MARK}${keyId}_${secret}`;

export const keyIdSchema = z.string().regex(/^[0-9a-f]{12}$/, 'the id of a key, such as 3f9a1c0b7d42');
const name = z
  .string()
  .min(1)
  .max(ID_CHARACTERS)
  .regex(/^[^\u0000-\u001f\u007f-\u009f:]*$/, 'no control characters, and no colon, which ends a name in basic auth')
  .refine(isPlainText, 'no control characters')
  .describe('Whose it is: what is done with the key is done in this name');
const expiresAt = z.iso.datetime({ offset: true }).max(TIME_CHARACTERS).describe('When it ends by itself');
const requestsPerMinute = z.number().int().min(1).max(1_000_000).describe('In place of RATE_LIMIT_PER_MINUTE');

/** How long a key that is rotated is still good, when nothing is said. */
const USUAL_GRACE_S = 86_400;

export const issueKeyBodySchema = z.strictObject({
  name,
  role: z.enum(ROLES),
  expires_at: expiresAt.optional(),
  requests_per_minute: requestsPerMinute.optional(),
});
export type IssueKeyBody = z.output<typeof issueKeyBodySchema>;

export const rotateKeyBodySchema = z.strictObject({
  grace_s: z
    .number()
    .int()
    .min(0)
    .max(30 * 86_400)
    .default(USUAL_GRACE_S)
    .describe('Seconds for which the old key is good beside the new one'),
  expires_at: expiresAt.optional().describe('When the new key ends by itself; as the old one would have, when missing'),
});

export const issuedKeySchema = z.object({
  key_id: z.string(),
  prefix: z.string().describe('How the key begins, by which it is recognised'),
  name: z.string(),
  role: z.enum(ROLES),
  state: z.enum(['good', 'expired', 'revoked']),
  requests_per_minute: z.number().int().nullable(),
  created_at: z.iso.datetime(),
  created_by: z.string(),
  expires_at: z.iso.datetime().nullable(),
  last_used_at: z.iso.datetime().nullable().describe('Late by some minutes; null where it never was'),
  replaced_by: z.string().nullable().describe('The key that it was rotated to'),
  revoked_at: z.iso.datetime().nullable(),
  revoked_by: z.string().nullable(),
});
export type IssuedKey = z.infer<typeof issuedKeySchema>;

export const newKeySchema = issuedKeySchema.extend({ key: z.string().describe('The key itself, which is told this once') });
export type NewKey = z.infer<typeof newKeySchema>;
