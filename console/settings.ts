import { effect, signal } from '@preact/signals';
import { keep, readKept } from './kept.ts';

export const LANGUAGES = { en: 'English', ko: '한국어' } as const;
export type Language = keyof typeof LANGUAGES;
export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** As chosen on this machine, else as the browser wants it. */
export const language = signal<Language>(
  keptOr('language', Object.keys(LANGUAGES) as Language[], navigator.language.startsWith('ko') ? 'ko' : 'en'),
);
export const theme = signal<Theme>(keptOr('theme', THEMES, 'auto'));

effect(() => {
  document.documentElement.lang = language.value;
  keep('language', language.value);
});
effect(() => {
  document.documentElement.dataset['theme'] = theme.value;
  keep('theme', theme.value);
});

function keptOr<T extends string>(name: string, known: readonly T[], otherwise: T): T {
  const kept = readKept(name);
  return known.find((value) => value === kept) ?? otherwise;
}
