import { createHash } from 'node:crypto';

/** Of a hash, as a fraction: more bits than a double's fraction needs. */
const BYTES = 6;

/** The variant of a key: the same whenever it is asked, shares as the weights say. @param variants their weights sum to more than 0 */
export function assignVariant<V extends { readonly weight: number }>(variants: readonly V[], key: string, salt: string): V {
  const sum = variants.reduce((total, { weight }) => total + weight, 0);
  const at = (createHash('sha256').update(`${salt}\0${key}`).digest().readUIntBE(0, BYTES) / 256 ** BYTES) * sum;
  let end = 0;
  return variants.find(({ weight }) => at < (end += weight)) ?? variants.findLast(({ weight }) => weight > 0)!;
}
