const EPOCH_2000_S = 946_684_800;
const FIELDS = 5;
/** A row's fixed bytes, and the longest user id of a set: ten digits. */
const ROW_BYTES = 2 + FIELDS * 4 + 4 + 10 + 4 + 4 + 8;
const CHUNK_BYTES = 512 * 1024;

/** What COPY begins and ends with (https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"). */
export const COPY_HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
export const COPY_TRAILER = Buffer.from([0xff, 0xff]);
/** Columns of a row, in its order. */
export const RATING_COLUMNS = 'line, user_id, movie_id, rating, rated_at';

/**
 * Ratings as rows of a binary COPY, written byte by byte: making an object and a line of text of each row costs more than all else.
 * `NaN`, and a user of no bytes, stand for a field that the source leaves empty.
 */
export function createRatingRows(userPrefix: string) {
  const prefix = Buffer.from(userPrefix);
  const rowBytes = ROW_BYTES + prefix.length;
  const float = new Float32Array(1);
  const floatBits = new Int32Array(float.buffer);
  let full: Buffer[] = [];
  let chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let at = 0;

  const putInt32 = (value: number) => {
    chunk[at] = value >>> 24;
    chunk[at + 1] = value >>> 16;
    chunk[at + 2] = value >>> 8;
    chunk[at + 3] = value;
    at += 4;
  };
  const putField = (value: number, bits: number) => {
    if (Number.isNaN(value)) return putInt32(-1);
    putInt32(4);
    putInt32(bits);
  };
  const putTime = (seconds: number) => {
    if (Number.isNaN(seconds)) return putInt32(-1);
    const micros = (seconds - EPOCH_2000_S) * 1e6;
    const high = Math.floor(micros / 0x1_0000_0000);
    putInt32(8);
    putInt32(high);
    putInt32(micros - high * 0x1_0000_0000);
  };
  const putUser = (bytes: Buffer, from: number, to: number) => {
    if (from === to) return putInt32(-1);
    putInt32(prefix.length + to - from);
    for (let index = 0; index < prefix.length; index += 1) chunk[at++] = prefix[index]!;
    for (let index = from; index < to; index += 1) chunk[at++] = bytes[index]!;
  };

  return {
    /** @param bytes holds the user's digits from `from` to `to` */
    add(line: number, bytes: Buffer, from: number, to: number, movieId: number, rating: number, seconds: number): void {
      if (at + rowBytes > CHUNK_BYTES) {
        full.push(chunk.subarray(0, at));
        chunk = Buffer.allocUnsafe(CHUNK_BYTES);
        at = 0;
      }
      chunk[at++] = 0;
      chunk[at++] = FIELDS;
      putField(line, line);
      putUser(bytes, from, to);
      putField(movieId, movieId);
      float[0] = rating;
      putField(rating, floatBits[0]!);
      putTime(seconds);
    },
    /** The rows added since the last call. */
    take(): Buffer[] {
      const taken = at > 0 ? [...full, chunk.subarray(0, at)] : full;
      full = [];
      chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      at = 0;
      return taken;
    },
  };
}
export type RatingRows = ReturnType<typeof createRatingRows>;
