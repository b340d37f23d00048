import { language, type Language } from '../settings.ts';
import { en } from './en.ts';
import { fill } from './fill.ts';
import { ko } from './ko.ts';

export type Word = keyof typeof en;

/** How a section says its own texts and those of all, in the reader's language: its words come with its script. */
export function speak<Own extends string>(own: Readonly<Record<Language, Readonly<Record<Own, string>>>>) {
  const dictionaries: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
    en: { ...en, ...own.en },
    ko: { ...ko, ...own.ko },
  };
  return {
    /** A text, with values in its places. */
    t: (word: Word | Own, values?: Readonly<Record<string, string | number>>): string => fill(dictionaries[language.value][word]!, values),
    /** The same for a word that is put together, such as a state's name; as it is where there is none. */
    named: (group: string, name: string): string => dictionaries[language.value][`${group}.${name}`] ?? name,
  };
}

/** What all may say. */
export const { t, named } = speak({ en: {}, ko: {} });
