/**
 * A place for a row whose source gave none: by lot, so that no id decides which of two rows of one moment came later. The same for the same seed and
 * ids.
 * @returns below 0, so before every place that a source gave
 */
export function drawnPlace(seed: number, userId: string, movieId: string): number {
  let hash = seed | 0;
  for (const text of [userId, ' ', movieId]) {
    for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193); // FNV-1a
  }
  // What ends like it must not lie beside it (murmur3's finalizer).
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return -1 - ((hash ^ (hash >>> 16)) >>> 0);
}
