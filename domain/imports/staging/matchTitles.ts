import type { TitleRule } from '../../../contracts/titleMatches.ts';
import type { Database } from '../../../platform/postgres.ts';
import { TAB_CATALOGUE } from '../reading/setMovies.ts';

/** 100K's movies that the catalogue does not know get their own id from here up: above MovieLens' latest family, below TMDB's titles. */
export const TAB_IDS_FROM = 9_000_000;
/** 100K was collected up to April 1998, and gives some movies a year that is one off. */
const TAB_LAST_YEAR = 1999;

/**
 * Gives 100K's staged movies their catalogue ids, and says by which rule: what somebody decided, else the one movie that fits by the first rule that
 * any fits by, else an id of their own. What an earlier import gave them does not count: its rules, or its catalogue, may have known less.
 */
export async function matchStagedTitles(db: Database, table: string): Promise<void> {
  const { rows: staged } = await db.query<StagedTitle>(
    `select s.set_id, s.title, s.release_year, s.genres, d.external_id is not null as is_decided, d.movie_id as decided_id
     from ${table} s
     left join title_decisions d on d.source = $1 and d.external_id = s.set_id::text
       and (d.movie_id is null or exists (select from movies m where m.movie_id = d.movie_id))`,
    [TAB_CATALOGUE],
  );
  const titles = createTitleMatcher(await readCatalogue(db));
  const matches = staged.map((movie) => matchOf(titles, movie));
  await db.query(
    `update ${table} s set movie_id = m.movie_id, matched_by = m.rule
     from unnest($1::int[], $2::int[], $3::text[]) as m (set_id, movie_id, rule) where s.set_id = m.set_id`,
    [staged.map(({ set_id }) => set_id), matches.map(({ movie_id }) => movie_id), matches.map(({ rule }) => rule)],
  );
}

/** A movie as a catalogue or a set has it. */
export interface Titled {
  readonly title: string | null;
  readonly release_year: number | null;
  readonly genres: readonly string[];
}
interface CatalogueMovie extends Titled {
  readonly movie_id: number;
}
interface StagedTitle extends Titled {
  readonly set_id: number;
  readonly is_decided: boolean;
  readonly decided_id: number | null;
}
export interface TitleMatch {
  readonly movie_id: number;
  readonly rule: TitleRule;
}

function matchOf(titles: TitleMatcher, movie: StagedTitle): TitleMatch {
  const own = { movie_id: TAB_IDS_FROM + movie.set_id, rule: 'none' } as const;
  if (movie.is_decided) return movie.decided_id === null ? { ...own, rule: 'by_hand' } : { movie_id: movie.decided_id, rule: 'by_hand' };
  return titles(movie) ?? own;
}

async function readCatalogue(db: Database): Promise<CatalogueMovie[]> {
  const { rows } = await db.query<CatalogueMovie>(
    'select movie_id, title, release_year, genres from movies where movie_id < $1 and release_year <= $2 order by movie_id',
    [TAB_IDS_FROM, TAB_LAST_YEAR],
  );
  return rows;
}

export type TitleMatcher = (movie: Titled) => TitleMatch | null;

/**
 * Finds the one movie of a catalogue that a title means. Rules in turn, and the first that any movie fits by decides, if it is one alone:
 * the same title and year; the same title, a year off; a part of the title ("Star Wars" of "Star Wars: Episode IV - A New Hope", "The Wrong Trousers" of
 * "Wallace & Gromit: The Wrong Trousers") and the year. All but the first want a genre that both have.
 */
export function createTitleMatcher(catalogue: readonly CatalogueMovie[]): TitleMatcher {
  const whole = indexBy(catalogue, formsOf);
  const part = indexBy(catalogue, partsOf);
  return (movie) => {
    const near = (index: TitleIndex, forms: readonly string[], years: number) =>
      forms.flatMap((form) => index.get(form) ?? []).filter((found) => isWithin(years, found, movie));
    const forms = formsOf(movie);
    const rules: readonly [TitleRule, () => CatalogueMovie[]][] = [
      ['title_and_year', () => near(whole, forms, 0)],
      ['year_one_off', () => near(whole, forms, 1).filter((found) => shareGenre(found, movie))],
      ['part_of_title', () => [...near(part, forms, 0), ...near(whole, partsOf(movie), 0)].filter((found) => shareGenre(found, movie))],
    ];
    for (const [rule, find] of rules) {
      const found = new Set(find().map(({ movie_id }) => movie_id));
      if (found.size > 0) return found.size === 1 ? { movie_id: [...found][0]!, rule } : null;
    }
    return null;
  };
}

type TitleIndex = ReadonlyMap<string, readonly CatalogueMovie[]>;
function indexBy(catalogue: readonly CatalogueMovie[], formsOfMovie: (movie: Titled) => string[]): TitleIndex {
  const index = new Map<string, CatalogueMovie[]>();
  for (const movie of catalogue) {
    for (const form of formsOfMovie(movie)) index.set(form, [...(index.get(form) ?? []), movie]);
  }
  return index;
}

const isWithin = (years: number, { release_year: a }: Titled, { release_year: b }: Titled) =>
  a !== null && b !== null && Math.abs(a - b) <= years;
const shareGenre = ({ genres }: Titled, other: Titled) => genres.some((genre) => other.genres.includes(genre));

const TRAILING_ARTICLE = /^(.*), (the|a|an|il|la|le|les|l'|el|los|las|der|die|das|lo|gli|i|o|os|un|une|den|det|de)$/i;
/** Shorter parts mean nothing: "M", "Kid". */
const MIN_PART_CHARACTERS = 4;

/** A title, and each that stands in brackets behind it: "Postino, Il" and "Il Postino" alike, in small letters, without punctuation or accents. */
const formsOf = ({ title }: Titled): string[] => distinct(namesIn(title ?? '').map(plain));

/** What stands before and behind a colon or a dash, and the title without its article. */
const partsOf = ({ title }: Titled): string[] =>
  distinct(
    namesIn(title ?? '').flatMap((name) => {
      const parts = name.split(/:\s+|(?<!\s)\s+-\s+/);
      const cut = parts.length > 1 ? [parts[0]!, parts.slice(1).join(' '), parts.at(-1)!] : [];
      return [...cut, name.replace(/^(the|an?) /i, '')].map(plain);
    }),
  ).filter((part) => part.length >= MIN_PART_CHARACTERS);

const namesIn = (title: string): string[] => {
  const bracketed = [...title.matchAll(/\(([^()]*)\)/g)].map(([, inner = '']) => inner.replace(/^a\.?k\.?a\.? /i, ''));
  return [title.replace(/\([^()]*\)/g, '').trim(), ...bracketed].map((name) => name.replace(TRAILING_ARTICLE, '$2 $1'));
};

const plain = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[&+]/g, 'and')
    .replace(/[^\p{L}\p{N}]+/gu, '');
const distinct = (forms: readonly string[]) => [...new Set(forms)].filter((form) => form !== '');
