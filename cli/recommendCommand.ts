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
    .option('--route <name>', 'which models answer')
    .option('--variant <name>', "of the route, in place of the user's own; for operators")
    .action((user: string, { k, route, variant }: { k?: string; route?: string; variant?: string }, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.recommendations.get({ query: { user_id: user, k, route, variant } });
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
        const on = route === undefined && variant === undefined ? '' : ` (route ${answer.route}, variant ${answer.variant})`;
        const by = `${answer.model.name} version ${answer.model.version}${on}`;
        return { json: answer, text: `For ${user}, by ${by}\n${table(terminal, [...columns, { head: 'SCORE', align: 'right' }], rows)}` };
      }),
    );
}
