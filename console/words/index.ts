import { language } from '../settings.ts';
import { en, type Word } from './en.ts';
import { fill } from './fill.ts';
import { ko } from './ko.ts';

const DICTIONARY = { en, ko };

/** A text in the reader's language. */
export const t = (word: Word, values?: Readonly<Record<string, string | number>>): string => fill(DICTIONARY[language.value][word], values);

/** The same for a word that is put together, such as a state's name; as it is where the dictionary has none. */
export const named = (group: string, name: string): string => {
  const word = `${group}.${name}`;
  return word in en ? t(word as Word) : name;
};
