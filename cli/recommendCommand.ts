import { numberText } from '../client/index.ts';
import type { Command } from 'commander';
import type { MovieReason } from '../contracts/ordering.ts';
import type { RecommendationTrace } from '../contracts/served.ts';
import { timeText, withZone } from './format.ts';
import type { Perform } from './session.ts';
import { table, type Terminal } from './terminal.ts';

/** `recommend`: what the serving model would show a user. `trace`: what made an answer. */
export function addRecommendCommand(program: Command, perform: Perform): void {
  program
    .command('recommend')
    .description('Recommend movies to a user; one that nobody has seen gets popular ones')
    .argument('<user>', 'id of the user, such as 1')
    .option('-k <n>', 'how many')
    .option('--route <name>', 'which models answer')
    .option('--variant <name>', "of the route, in place of the user's own; for operators")
    .option('--genres <names>', 'of at least one of these genres, comma separated')
    .option('--exclude-genres <names>', 'of none of these genres')
    .option('--from <year>', 'not older')
    .option('--to <year>', 'not newer')
    .option('--with-seen', 'also what the user has seen', false)
    .option('--diversity <share>', '0: by score alone, 1: as unlike one another as can be')
    .action((user: string, options: RecommendOptions, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const { k, route, variant, genres, excludeGenres, from, to, withSeen, diversity } = options;
        const filter = { genres, exclude_genres: excludeGenres, year_from: from, year_to: to };
        const answer = await api.recommendations.get({
          query: { user_id: user, k, route, variant, ...filter, ...(withSeen && { exclude_seen: 'false' }), diversity },
        });
        const columns = [
          { head: '#', align: 'right' as const },
          { head: 'MOVIE', align: 'right' as const },
          { head: 'TITLE' },
          { head: 'GENRES' },
        ];
        const rows = answer.recommendations.map(({ movie_id, own_id = movie_id, title, genres, score, reason }, index) => [
          String(index + 1),
          own_id,
          title,
          genres.join(', '),
          numberText(score),
          reason ? reasonText(reason) : '',
        ]);
        const on = route === undefined && variant === undefined ? '' : ` (route ${answer.route}, variant ${answer.variant})`;
        const by = `${answer.model.name} version ${answer.model.version}${on}`;
        return {
          json: answer,
          text: `For ${user}, by ${by}\n${table(terminal, [...columns, { head: 'SCORE', align: 'right' }, { head: 'WHY' }], rows)}\nmlops trace ${answer.recommendation_id} tells what made it`,
        };
      }),
    );
  program
    .command('trace')
    .description('What made an answer: who got it, by which variant and version, from which data and history')
    .argument('<recommendation>', 'its id, which every answer has')
    .action((id: string, _options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const trace = await api.recommendations.trace({ params: { recommendation_id: id } });
        return { json: trace, text: renderTrace(terminal, trace) };
      }),
    );
}

interface RecommendOptions {
  readonly k?: string;
  readonly route?: string;
  readonly variant?: string;
  readonly genres?: string;
  readonly excludeGenres?: string;
  readonly from?: string;
  readonly to?: string;
  readonly withSeen: boolean;
  readonly diversity?: string;
}

function reasonText({ kind, movie_id, title = movie_id }: MovieReason): string {
  const texts = { chosen: `because you chose ${title}`, popular: 'many chose it', pinned: 'pinned', model: 'by what you are like' };
  return texts[kind];
}

function renderTrace(terminal: Terminal, trace: RecommendationTrace): string {
  const { route, revision, variant, assignment, propensity, model, made_by: made, excluded, ordering, history } = trace;
  const chosenBy = { user: 'by a hash of the user', chance: 'by chance', operator: 'by an operator' }[assignment];
  const gate = made?.gate ? `; the gate ${made.gate.passed ? 'passed it' : 'did not pass it'}` : '';
  const lines = [
    ['served', `${timeText(terminal, trace.served_at)}, kept until ${timeText(terminal, trace.kept_until)}`],
    ['user', trace.user_id ?? 'nobody in particular'],
    ['route', `${route} revision ${revision}, variant ${variant} (${(100 * propensity).toFixed(1)} % of the users), chosen ${chosenBy}`],
    ['model', `${model.name} version ${model.version}${gate}`],
    ['made by', made ? `${made.origin ?? made.registry_run_id ?? 'not known'}` : 'the version was deleted since'],
    ['data', made ? `${made.data_sets.join(', ') || 'not known'}; snapshot ${made.snapshot_id ?? 'not known'}` : 'not known'],
    ['left out', `${excluded.seen} seen movies (${excluded.seen_from})`],
    ...(ordering
      ? [
          [
            'order',
            Object.entries(ordering)
              .map(([what, value]) => `${what} ${JSON.stringify(value)}`)
              .join(', '),
          ],
        ]
      : []),
    ['history', `${history.length} movies${history.length > 0 ? `, the latest ${history.movies.slice(-SHOWN_HISTORY).join(', ')}` : ''}`],
    ['answer', trace.recommendations.map(({ movie_id, title }) => title ?? movie_id).join('; ')],
    ...trace.shadows.map((shadow) => [
      'shadow',
      `${shadow.variant}, ${shadow.model.name} version ${shadow.model.version}: ${shadow.recommendations.map(({ movie_id }) => movie_id).join(', ')}`,
    ]),
  ];
  return withZone(terminal, lines.map(([label = '', text = '']) => `${label.padEnd(LABEL)}${text}`).join('\n'));
}
const LABEL = 10;
const SHOWN_HISTORY = 10;
