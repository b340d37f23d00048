import fc from 'fast-check';
import { isPlainText, isStorable } from '../../contracts/text.ts';
import { CONTROLS, HOSTILE_TEXTS } from './texts.ts';

const anyText = fc.oneof(
  fc.constantFrom(...Object.values(HOSTILE_TEXTS), ...Object.values(CONTROLS)),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.tuple(fc.constantFrom('\ufeff', ' ', '"', '\\', ',', '\u0301'), fc.string({ maxLength: 5 })).map((parts) => parts.join('')),
);

/** Text of several lines, as titles and values may be. */
export const storableText = anyText.filter(isStorable);
/** Ids and names, as the doors let them in. */
const idText = anyText.filter((text) => text !== '' && text.length <= 200 && isPlainText(text));
/** Ids that are not the same, however alike. */
export const distinctIds = fc.uniqueArray(idText, { minLength: 1, maxLength: 40 });
