import path from 'node:path';
import type { SetAside } from '../../../../contracts/evaluation.ts';
import { permanent } from '../../../../contracts/failures.ts';
import { percent } from '../../../imports/quality/checkRows.ts';
import { RELEASE_YEARS } from '../../../imports/quality/rules.ts';
import type { RatingText } from '../../../imports/reading/ratingText.ts';
import type { SetMovie } from '../../../imports/reading/setMovies.ts';
import type { Vocabulary } from '../../data/interactions.ts';

const SAMPLE_ROWS = 10;

/** The rule that a row breaks, and what is said of it. */
export type Broken = readonly [rule: string, reason: string];

/** The rules of an import (`domain/imports/quality/rules.ts`) that a row is held to without the catalogue: all but when it was rated. */
export function brokenByMovie({ set_id, title, release_year }: SetMovie, isKnown: boolean): Broken | undefined {
  if (title === null) return ['movies.complete', 'the title is empty'];
  const { first, last } = RELEASE_YEARS;
  if (release_year !== null && (release_year < first || release_year > last))
    return ['movies.year_in_range', `release year ${release_year} is not between ${first} and ${last}`];
  return isKnown ? ['movies.unique', `movie ${set_id} stands here a second time`] : undefined;
}

/** @param movies those of the set; undefined where it does not list them */
export function brokenByRating({ user, movie, rating, seconds }: RatingText, movies: Vocabulary | undefined): Broken | undefined {
  if (user === '' || movie === '' || Number.isNaN(rating) || Number.isNaN(seconds))
    return ['ratings.complete', 'user, movie, rating or time is missing'];
  if (rating < 0.5 || rating > 5 || !Number.isInteger(rating * 2))
    return ['ratings.rating_in_range', `rating ${rating} is not 0.5 to 5 in halves`];
  return !movies || movies.indexOf(movie) !== undefined ? undefined : ['ratings.movie_known', `movie ${movie} is not in the set`];
}

/** Rows that are set aside, by rule. @param maxShare of a kind's rows that may break one rule */
export function createAside(maxShare: number) {
  const byRule = new Map<string, { rows: number; sample: SetAside['sample'] }>();
  return {
    add(file: string, line: number, [rule, reason]: Broken): void {
      const found = byRule.get(rule) ?? { rows: 0, sample: [] };
      byRule.set(rule, found);
      found.rows += 1;
      if (found.sample.length < SAMPLE_ROWS) found.sample.push({ file: path.basename(file), line, reason });
    },
    /**
     * @param rowsOf how many rows there are of each kind
     * @throws Failure `QualityGateFailed` where too many break a rule
     */
    close(rowsOf: { movies: number; ratings: number }): SetAside[] {
      const all = [...byRule].map(([rule, found]) => ({ rule, ...found }));
      for (const { rule, rows, sample } of all) {
        const total = rule.startsWith('movies.') ? rowsOf.movies : rowsOf.ratings;
        if (rows <= maxShare * total) continue;
        const named = sample.slice(0, 3).map(({ file, line, reason }) => `${file}, line ${line}: ${reason}`);
        const share = `${rows} of ${total} rows (${percent(rows / total)}), at most ${percent(maxShare)} may`;
        throw permanent('QualityGateFailed', `${rule}: ${share} (${named.join('; ')})`);
      }
      return all;
    },
  };
}
export type Aside = ReturnType<typeof createAside>;
