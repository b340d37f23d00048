import { z } from 'zod';

/** What no store keeps: Postgres refuses U+0000, and half of a surrogate pair is no character, so no UTF-8 has it. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;
const CONTROL = /[\p{Cc}\p{Surrogate}]/u;
/** The same for whoever reads a schema. */
export const NO_CONTROL = /^[^\u0000-\u001f\u007f-\u009f]*$/;

/** Whether every store and file gives the text back as it is. Text of several lines is. */
export const isStorable = (text: string): boolean => !UNSTORABLE.test(text);

/** Whether a text may be an id or a name: storable, and without control characters. */
export const isPlainText = (text: string): boolean => !CONTROL.test(text);

/** For words about what came from outside, such as why a row was set aside: what cannot be stored is replaced. */
export const toStorable = (text: string): string => text.replaceAll(/[\0\p{Surrogate}]/gu, '\ufffd');

export const plainText = (maxLength: number) =>
  z.string().max(maxLength).regex(NO_CONTROL, NO_PLAIN_TEXT).refine(isPlainText, NO_PLAIN_TEXT);
const NO_PLAIN_TEXT = 'no control characters';

/**
 * Where a value from outside, such as parsed JSON, holds what is lost on its way: a text that cannot be stored, or the name `__proto__`, which
 * objects drop. @param at name of the value itself @returns the place and what is wrong there; null where nothing is
 */
export function findUnkeepable(value: unknown, at: string): { at: string; why: string } | null {
  // A list of what is left to look at, not recursion: a body may nest deeper than the stack.
  const left = [{ at, value }];
  for (let item = left.pop(); item; item = left.pop()) {
    if (typeof item.value === 'string' && !isStorable(item.value)) return { at: item.at, why: NO_TEXT };
    if (typeof item.value !== 'object' || item.value === null) continue;
    for (const [key, child] of Object.entries(item.value) as [string, unknown][]) {
      if (key === '__proto__') return { at: item.at, why: 'has a field named __proto__, which cannot be kept' };
      if (!isStorable(key)) return { at: item.at, why: NO_TEXT };
      left.push({ at: `${item.at}.${key}`, value: child });
    }
  }
  return null;
}
const NO_TEXT = 'holds a character that cannot be kept: U+0000 or half of a surrogate pair';
