import { numberText } from '../client/index.ts';
import type { Command } from 'commander';
import type { Perform } from './session.ts';
import { table } from './terminal.ts';

/** `recommend`: what the serving model would show a user. */
export function addRecommendCommand(program: Command, perform: Perform): void {
  program
    .command('recommend')
    .description('Recommend movies to a user; one that nobody has seen gets popular ones')
    .argument('<user>', 'id of the user, such as 1')
    .option('-k <n>', 'how many')
    .action((user: string, { k }: { k?: string }, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.recommendations.get({ query: { user_id: user, k } });
        const columns = [
          { head: '#', align: 'right' as const },
          { head: 'MOVIE', align: 'right' as const },
          { head: 'TITLE' },
          { head: 'GENRES' },
        ];
        const rows = answer.recommendations.map(({ movie_id, own_id = movie_id, title, genres, score }, index) => [
          String(index + 1),
          own_id,
          title,
          genres.join(', '),
          numberText(score),
        ]);
        const by = `${answer.model.name} version ${answer.model.version}`;
        return { json: answer, text: `For ${user}, by ${by}\n${table(terminal, [...columns, { head: 'SCORE', align: 'right' }], rows)}` };
      }),
    );
}
