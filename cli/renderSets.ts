import type { DataSet } from '../contracts/dataSets.ts';
import type { TitleMatch } from '../contracts/titleMatches.ts';
import { timeText, withZone } from './format.ts';
import { table, type Terminal } from './terminal.ts';

export function renderSets(terminal: Terminal, sets: readonly DataSet[]): string {
  if (sets.length === 0) return 'No set of ratings is here yet.';
  const right = (head: string) => ({ head, align: 'right' as const });
  const columns = [
    { head: 'SET' },
    { head: 'FORMAT' },
    right('RATINGS'),
    right('MOVIES'),
    right('USERS'),
    { head: 'PUBLISHED' },
    { head: 'RUN' },
  ];
  return withZone(
    terminal,
    table(
      terminal,
      columns,
      sets.map(({ name, format, row_counts: { ratings, movies, users }, published_at, run_id }) => [
        name,
        format ?? '',
        ...[ratings, movies, users].map((rows) => String(rows ?? '')),
        timeText(terminal, published_at),
        run_id,
      ]),
    ),
  );
}

export function renderSet(terminal: Terminal, set: DataSet): string {
  const { name, dataset, format, row_counts, newest_at, digest, run_id, added_at, published_at } = set;
  const counts = Object.entries(row_counts).map(([kind, rows]) => `${rows} ${kind}`);
  const facts = [
    `${name}${format ? ` (${format})` : ''}: ${counts.join(', ')}`,
    `here since ${timeText(terminal, added_at)}, published ${timeText(terminal, published_at)} by ${run_id}`,
    `newest rating ${timeText(terminal, newest_at)}`,
    `digest ${digest ?? 'not known; import it again'}`,
    `quality: mlops data quality --dataset ${dataset}`,
  ];
  return withZone(terminal, facts.join('\n'));
}

export function renderMatches(terminal: Terminal, matches: readonly TitleMatch[]): string {
  if (matches.length === 0) return 'No such match: MovieLens 100K was not imported, or none was found by this rule.';
  const columns = [{ head: '100K' }, { head: 'MOVIE' }, { head: 'TITLE' }, { head: 'YEAR' }, { head: 'MATCHED BY' }];
  const rows = matches.map(({ external_id, movie_id, title, release_year, matched_by }) => [
    external_id,
    movie_id,
    title,
    String(release_year ?? ''),
    matched_by,
  ]);
  return table(terminal, columns, rows);
}
