import { z } from 'zod';

const LABEL_CHARACTERS = 40;

/**
 * The name of an encoding by any label that the web's standard has for it (https://encoding.spec.whatwg.org/#names-and-labels): `latin1` is windows-1252.
 * @returns null where there is none, or where a newline is not the one byte that it is in ASCII
 */
export function encodingNamed(label: string): string | null {
  try {
    const { encoding } = new TextDecoder(label);
    return encoding.startsWith('utf-16') ? null : encoding;
  } catch {
    return null;
  }
}

export const encodingSchema = z
  .string()
  .max(LABEL_CHARACTERS)
  .refine((label) => encodingNamed(label) !== null, 'no encoding that is read, such as utf-8, windows-1252, iso-8859-2 or shift_jis')
  .describe(
    'Encoding of the titles of a MovieLens set, or of all files of an own log but Parquet; UTF-8, or Windows-1252 where a line is no UTF-8, when missing',
  );
