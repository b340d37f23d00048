import type { Command } from 'commander';
import { numberText } from '../client/index.ts';
import type { OutcomeGroup, Outcomes } from '../contracts/outcomes.ts';
import { timeText, withZone } from './format.ts';
import type { Perform } from './session.ts';
import { table, type Terminal } from './terminal.ts';
import { timeOf } from './timeOf.ts';

interface OutcomeOptions {
  readonly from?: string;
  readonly to?: string;
  readonly route?: string;
  readonly variant?: string;
  readonly model?: string;
  readonly by: OutcomeGroup;
  readonly limit?: string;
}

/** `outcomes`: what users did with what was recommended. */
export function addOutcomeCommands(program: Command, perform: Perform): void {
  program
    .command('outcomes')
    .description(
      'What users did with what was recommended, by version, route, variant or day; of the last 7 days where nothing else is asked for',
    )
    .option('--by <group>', 'what a line is of: version, route, variant or day', 'version')
    .option('--from <time>', 'answers of the hours from then on')
    .option('--to <time>', 'answers of the hours before')
    .option('--route <name>', 'of this route')
    .option('--variant <name>', 'of this variant')
    .option('--model <name>', 'of this model')
    .option('--limit <n>', 'lines at most')
    .action(({ from, to, ...asked }: OutcomeOptions, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const span = { ...(from !== undefined && { from: timeOf('--from', from) }), ...(to !== undefined && { to: timeOf('--to', to) }) };
        const found = await api.outcomes.list({ query: { ...asked, ...span } });
        return { json: found, text: renderOutcomes(terminal, found) };
      }),
    );
}

const KEYS = ['day', 'model', 'version', 'route', 'variant'] as const;
const FIGURES = {
  ANSWERS: 'answers',
  SHOWN: 'shown',
  CLICKS: 'clicks',
  CTR: 'click_through_rate',
  CONVERSION: 'conversion_rate',
  POSITION: 'mean_position',
  MRR: 'mean_reciprocal_rank',
  RATING: 'mean_rating',
  LIKED: 'like_share',
  COVERAGE: 'coverage',
  NOVELTY: 'novelty',
} as const;

const figureText = (value: number | null) => (value === null ? '-' : Number.isInteger(value) ? String(value) : numberText(value));

function renderOutcomes(terminal: Terminal, { from, to, counted_to, events, rows }: Outcomes): string {
  const [first] = rows;
  if (!first) return counted_to === null ? 'Nothing is counted yet.' : 'Nothing was shown then.';
  const keys = KEYS.filter((key) => first[key] !== undefined);
  const columns = [
    ...keys.map((key) => ({ head: key.toUpperCase() })),
    ...Object.keys(FIGURES).map((head) => ({ head, align: 'right' as const })),
  ];
  const lines = rows.map((row) => [
    ...keys.map((key) => row[key] ?? ''),
    ...Object.values(FIGURES).map((figure) => figureText(row[figure])),
  ]);
  const { arrived, by_id, by_time, late, unmatched } = events;
  const told = [
    `From ${timeText(terminal, from)} to ${timeText(terminal, to)}, counted up to ${timeText(terminal, counted_to)}`,
    table(terminal, columns, lines),
    `${arrived} events: ${by_id} put down to the answer that they name, ${by_time} to the latest that had the movie, ${late} too late, ${unmatched} name an answer that is not theirs`,
  ];
  return withZone(terminal, told.join('\n'));
}
