import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const SEALED = `${CIPHER}:`;
const PLAIN = 'plain:';

const keyOf = (secretKey: string) => Buffer.from(hkdfSync('sha256', secretKey, '', 'secrets of webhooks', 32));

/** A secret as it is kept: encrypted and authenticated under the key, or as it is where there is none. */
export function sealSecret(secret: string, secretKey: string | undefined): string {
  if (secretKey === undefined) return PLAIN + secret;
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(secretKey), iv);
  const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return SEALED + Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64');
}

/** @throws Error where it was kept under another key */
export function openSecret(kept: string, secretKey: string | undefined): string {
  if (kept.startsWith(PLAIN)) return kept.slice(PLAIN.length);
  if (secretKey === undefined) throw new Error('its secret is kept under WEBHOOK_SECRET_KEY, which is not set');
  const bytes = Buffer.from(kept.slice(SEALED.length), 'base64');
  const decipher = createDecipheriv(CIPHER, keyOf(secretKey), bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    throw new Error('its secret was kept under another WEBHOOK_SECRET_KEY');
  }
}
