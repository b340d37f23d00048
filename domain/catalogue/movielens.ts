const NO_GENRES = '(no genres listed)';
const TITLE_AND_YEAR = /^(.*\S)\s*\((\d{4})(?:[–-]\d{0,4})?\)\s*$/;

/** `Fawlty Towers (1975-1979)` is "Fawlty Towers" of 1975. */
export function splitTitle(fullTitle: string): { title: string; year: number | null } {
  const [, title = fullTitle.trim(), year] = TITLE_AND_YEAR.exec(fullTitle) ?? [];
  return { title, year: year === undefined ? null : Number(year) };
}

/** 100K and 1M say "Children's" where the others say "Children". */
export const toGenres = (text: string, separator = '|'): string[] =>
  text === NO_GENRES
    ? []
    : text
        .split(separator)
        .filter(Boolean)
        .map((genre) => (genre === "Children's" ? 'Children' : genre));
