import { z } from 'zod';

/** A whole number in a query string. */
export const integerQuery = (min: number, max: number) =>
  z
    .string()
    .max(20)
    .regex(/^-?\d+$/, 'a whole number')
    .transform(Number)
    .pipe(z.number().int().min(min).max(max));
