import { invalid } from '../../contracts/failures.ts';

/**
 * Genres as the catalogue writes them, whatever case they are asked for in.
 * @param known of the catalogue; where there is none yet, nothing can be said against what is asked for
 * @throws Failure `invalid` for `field`, with those that there are, where no movie is of one
 */
export function genresNamed(asked: readonly string[], known: Iterable<string>, field: string): string[] {
  const byName = new Map([...known].map((genre) => [genre.toLowerCase(), genre]));
  return asked.map((name) => {
    const genre = byName.get(name.trim().toLowerCase());
    if (genre === undefined && byName.size > 0)
      throw invalid(field, `no movie is of genre ${name}; there are ${listed([...byName.values()])}`);
    return genre ?? name;
  });
}

const LISTED = 40;
const listed = (genres: readonly string[]): string =>
  genres.length > LISTED ? `${genres.slice(0, LISTED).join(', ')} and ${genres.length - LISTED} more` : genres.join(', ');
