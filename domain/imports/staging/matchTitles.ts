import type { Database } from '../../../platform/postgres.ts';
import { TAB_CATALOGUE } from '../reading/setMovies.ts';

/** 100K's movies that the catalogue does not know get their own id from here up: above MovieLens' latest family, below TMDB's titles. */
export const TAB_IDS_FROM = 9_000_000;
/** 100K was collected up to April 1998. */
const TAB_LAST_YEAR = 1998;

/**
 * Gives 100K's staged movies their catalogue ids: what an earlier import gave them, else the one movie of the same title and year, else an id of
 * their own. A title's forms count alike: "Postino, Il", "Il Postino", and what other titles stand in brackets.
 */
export async function matchStagedTitles(db: Database, table: string): Promise<void> {
  const { rows: staged } = await db.query<StagedTitle>(
    `select s.set_id, s.title, s.release_year, x.movie_id as known_id
     from ${table} s left join movie_external_ids x on x.source = $1 and x.external_id = s.set_id::text`,
    [TAB_CATALOGUE],
  );
  const catalogue = await readCatalogueTitles(db);
  const ids = staged.map((movie) => movie.known_id ?? matchOf(catalogue, movie) ?? TAB_IDS_FROM + movie.set_id);
  await db.query(
    `update ${table} s set movie_id = m.movie_id from unnest($1::int[], $2::int[]) as m (set_id, movie_id) where s.set_id = m.set_id`,
    [staged.map(({ set_id }) => set_id), ids],
  );
}

interface StagedTitle {
  readonly set_id: number;
  readonly title: string | null;
  readonly release_year: number | null;
  readonly known_id: number | null;
}

/** Movie ids by title form and year; a form that two movies have names neither. */
type Titles = Map<string, number | null>;

async function readCatalogueTitles(db: Database): Promise<Titles> {
  const { rows } = await db.query<{ movie_id: number; title: string; release_year: number }>(
    'select movie_id, title, release_year from movies where movie_id < $1 and release_year <= $2 order by movie_id',
    [TAB_IDS_FROM, TAB_LAST_YEAR],
  );
  const titles: Titles = new Map();
  for (const { movie_id, title, release_year } of rows) {
    for (const form of formsOf(title)) {
      const key = `${form} ${release_year}`;
      titles.set(key, titles.has(key) && titles.get(key) !== movie_id ? null : movie_id);
    }
  }
  return titles;
}

function matchOf(titles: Titles, { title, release_year }: StagedTitle): number | null {
  const found = new Set(formsOf(title ?? '').flatMap((form) => titles.get(`${form} ${release_year}`) ?? []));
  return found.size === 1 ? [...found][0]! : null;
}

const TRAILING_ARTICLE = /^(.*), (the|a|an|il|la|le|les|l'|el|los|las|der|die|das|lo|gli|i|o|os|un|une|den|det|de)$/i;

/** A title, and each that stands in brackets behind it, with the article in front, in small letters and without punctuation or accents. */
function formsOf(title: string): string[] {
  const bracketed = [...title.matchAll(/\(([^()]*)\)/g)].map(([, inner = '']) => inner.replace(/^a\.?k\.?a\.? /i, ''));
  const forms = [title.replace(/\([^()]*\)/g, '').trim(), ...bracketed].map((form) =>
    form
      .replace(TRAILING_ARTICLE, '$2 $1')
      .normalize('NFKD')
      .toLowerCase()
      .replace(/&/g, 'and')
      .replace(/[^\p{L}\p{N}]+/gu, ''),
  );
  return [...new Set(forms)].filter((form) => form !== '');
}
