import type { Command } from 'commander';
import type { TrendWindow } from '../contracts/trends.ts';
import type { Perform } from './session.ts';
import { table } from './terminal.ts';

/** `trending`: what many choose just now. */
export function addTrendingCommand(program: Command, perform: Perform): void {
  program
    .command('trending')
    .description('The movies that most users chose in the last hour or day')
    .option('--window <window>', 'hour or day', 'day')
    .option('--limit <n>', 'how many at most', '10')
    .action((query: { window: TrendWindow; limit: string }, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.movies.trending({ query });
        const columns = [
          ...['#', 'MOVIE'].map((head) => ({ head, align: 'right' as const })),
          ...['TITLE', 'GENRES'].map((head) => ({ head })),
          { head: 'USERS', align: 'right' as const },
        ];
        const rows = answer.movies.map(({ movie_id, own_id = movie_id, title, genres, users }, at) => [
          ...[String(at + 1), own_id, title, genres.join(', '), String(users)],
        ]);
        return {
          json: answer,
          text: rows.length > 0 ? table(terminal, columns, rows) : `Nobody chose anything in the last ${answer.window}.`,
        };
      }),
    );
}
