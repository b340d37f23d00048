import type { Command } from 'commander';
import type { z } from 'zod';
import type { ruleBodySchema, ServingRule } from '../contracts/ordering.ts';
import { timeText, withZone } from './format.ts';
import type { Perform } from './session.ts';
import { heads, table, type Terminal } from './terminal.ts';
import { timeOf } from './timeOf.ts';

interface MatchOptions {
  readonly movies?: string;
  readonly genres?: string;
  readonly from?: string;
  readonly to?: string;
  readonly ratingFrom?: string;
  readonly ratingTo?: string;
  readonly until?: string;
  readonly reason: string;
  readonly strength?: string;
  readonly position?: string;
}

const ACTIONS = {
  hide: 'Recommend these movies to nobody',
  block: 'Leave these movies out of every answer',
  boost: 'Move these movies up, or down',
  pin: 'Show movies at a place, to whoever has not seen them',
} as const;

/** `rules`: what operators want shown, or not, on every route at once. */
export function addRuleCommands(program: Command, perform: Perform): void {
  const rules = program.command('rules').description('What is shown, or not, on every route at once: hide, block, pin, boost');
  rules
    .command('list')
    .description('List the rules in force')
    .option('--all', 'also those that ended or were removed', false)
    .action(({ all }: { all: boolean }, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.servingRules.list({ query: { all: all ? 'true' : 'false' } });
        return { json: answer, text: renderRules(terminal, answer.rules) };
      }),
    );
  for (const action of ['hide', 'block', 'boost', 'pin'] as const) addAction(rules, perform, action);
  rules
    .command('remove')
    .description('Take a rule away; it stays in the list of all')
    .argument('<rule>', 'its number')
    .option('--reason <text>', 'why')
    .action((id: string, { reason }: { reason?: string }, command: Command) =>
      perform(command, async ({ api }) => ({
        json: await api.servingRules.remove({ params: { rule_id: id }, query: { reason } }),
        text: `Rule ${id} is not in force any more.`,
      })),
    );
}

function addAction(rules: Command, perform: Perform, action: keyof typeof ACTIONS): void {
  const command = rules.command(action).description(ACTIONS[action]).option('--movies <ids>', 'ids, comma separated');
  if (action === 'pin') command.option('--position <n>', 'place of the first of them', '1');
  else
    command
      .option('--genres <names>', 'of at least one of these genres, comma separated')
      .option('--from <year>', 'not older')
      .option('--to <year>', 'not newer')
      .option('--rating-from <n>', 'mean rating not below')
      .option('--rating-to <n>', 'mean rating not above');
  if (action === 'boost')
    command.requiredOption('--strength <n>', '-5 to 5: 1 brings the hundredth to the first place, -1 the first out of a hundred');
  command
    .option('--until <time>', 'when it ends by itself, such as 2026-12-24 or 2026-12-24T18:00:00Z')
    .requiredOption('--reason <text>', 'why; kept with it')
    .action((options: MatchOptions, given: Command) =>
      perform(given, async ({ api, terminal }) => {
        // As a person typed it; the API says what is wrong with it.
        const body = bodyOf(action, options) as z.input<typeof ruleBodySchema>;
        const rule = await api.servingRules.add({ body });
        const about =
          rule.movies === null
            ? ''
            : `\nIt is about ${rule.movies === 0 ? 'no movie' : `${rule.movies} movie${rule.movies === 1 ? '' : 's'}`} now.`;
        return { json: rule, text: `${renderRules(terminal, [rule])}${about}` };
      }),
    );
}

function bodyOf(action: keyof typeof ACTIONS, options: MatchOptions) {
  const { movies, genres, from, to, ratingFrom, ratingTo, until, reason, strength, position } = options;
  const match = {
    ...(movies !== undefined && { movie_ids: movies.split(',') }),
    ...(genres !== undefined && { genres: genres.split(',') }),
    ...rangeOf('years', from, to),
    ...rangeOf('rating', ratingFrom, ratingTo),
  };
  return {
    ...{ action, match, reason },
    ...(until !== undefined && { until: timeOf('--until', until) }),
    ...(strength !== undefined && { strength: Number(strength) }),
    ...(position !== undefined && { position: Number(position) }),
  };
}

const rangeOf = (name: string, from: string | undefined, to: string | undefined) =>
  from === undefined && to === undefined
    ? {}
    : { [name]: { ...(from !== undefined && { from: Number(from) }), ...(to !== undefined && { to: Number(to) }) } };

function renderRules(terminal: Terminal, rules: readonly ServingRule[]): string {
  if (rules.length === 0) return 'No rule is in force.';
  const rows = rules.map((rule) => [
    rule.rule_id,
    `${rule.action}${rule.position === null ? '' : ` at ${rule.position}`}${rule.strength === null ? '' : ` by ${rule.strength}`}`,
    JSON.stringify(rule.match),
    rule.until === null ? '-' : timeText(terminal, rule.until),
    rule.created_by,
    rule.reason,
    rule.removed_at === null
      ? ''
      : `${timeText(terminal, rule.removed_at)} by ${rule.removed_by}${rule.removed_reason ? `: ${rule.removed_reason}` : ''}`,
  ]);
  return withZone(terminal, table(terminal, heads('RULE', 'WHAT', 'MOVIES', 'UNTIL', 'BY', 'WHY', 'REMOVED'), rows));
}
