import { z } from 'zod';

const LEFT_OUT = '__proto__';
/** What stands for it in between; Postgres keeps no text with this character, so that no name is the same. */
const STAND_IN = `\0${LEFT_OUT}`;

/** Values by names that callers chose: zod's own record leaves out the name `__proto__`. */
export function byName<Value extends z.ZodType>(value: Value) {
  const record = z.record(z.string(), value);
  const kept = record.overwrite((values) => renamed(values, STAND_IN, LEFT_OUT));
  // Typed as what it reads: z.preprocess says that it takes anything.
  return z.preprocess((values) => renamed(values, LEFT_OUT, STAND_IN), kept) as unknown as typeof record;
}

/** The same values, where one of them has this name under its other. */
function renamed<Values>(values: Values, name: string, other: string): Values {
  if (typeof values !== 'object' || values === null || !Object.hasOwn(values, name)) return values;
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key === name ? other : key, value as unknown])) as Values;
}
