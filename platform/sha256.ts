import { createHash } from 'node:crypto';

/** In hexadecimal. */
export const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** Of a secret: what may be kept of it, and is compared in constant time. */
export const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();
