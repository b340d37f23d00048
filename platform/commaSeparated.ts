import { z } from 'zod';

/** A variable that is a list: its parts without the blanks around them; none where it is missing or empty. */
export const commaSeparated = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  );
