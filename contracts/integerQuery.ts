import { z } from 'zod';

const wholeNumber = z
  .string()
  .max(20)
  .regex(/^-?\d+$/, 'a whole number')
  .transform(Number);
const between = (minimum: number, maximum: number) => wholeNumber.pipe(z.number().int().min(minimum).max(maximum));

/** A whole number in a query string. */
export const integerQuery = (minimum: number, maximum: number) => between(minimum, maximum).meta({ type: 'integer', minimum, maximum });

/** The same, with what counts when it is missing. */
export const integerQueryOr = (fallback: number, minimum: number, maximum: number) =>
  between(minimum, maximum).default(fallback).meta({ type: 'integer', minimum, maximum, default: fallback });
