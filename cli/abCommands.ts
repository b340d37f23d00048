import { numberText } from '../client/index.ts';
import type { Command } from 'commander';
import { AB_METRIC_NAMES, type AbTest } from '../contracts/abTests.ts';
import { timeText, withZone } from './format.ts';
import type { Perform } from './session.ts';
import { table, type Terminal } from './terminal.ts';

/** `ab`: how variants of a route do against one another on real users. */
export function addAbCommands(program: Command, perform: Perform): void {
  program
    .command('ab')
    .description('How the variants of a route do against one another since its last change; the tests that go on, where none is named')
    .argument('[route]', 'name of the route')
    .action((route: string | undefined, _options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        if (route === undefined) {
          const { routes } = await api.abTests.list();
          return { json: { routes }, text: routes.length > 0 ? routes.join('\n') : 'No route has two variants, or a shadow.' };
        }
        const test = await api.abTests.get({ params: { route } });
        return { json: test, text: renderTest(terminal, test) };
      }),
    );
}

const figure = (value: number | null) => (value === null ? '-' : numberText(value));
const heads = (first: readonly string[], ...numbers: readonly string[]) => [
  ...first.map((head) => ({ head })),
  ...numbers.map((head) => ({ head, align: 'right' as const })),
];

function renderTest(terminal: Terminal, { route, revision, since, variants, sample_ratio, comparisons, off_policy }: AbTest): string {
  const parts = [`${route} revision ${revision}, ${since === null ? 'no answers yet' : `first answer ${timeText(terminal, since)}`}`];
  const { p, mismatch } = sample_ratio;
  if (since !== null && variants.length > 1)
    parts.push(
      mismatch
        ? `The users do not fall on the variants as the weights say (p ${numberText(p)}): believe nothing of what follows.`
        : `The users fall on the variants as the weights say (p ${numberText(p)}).`,
    );
  parts.push(
    table(
      terminal,
      heads(['VARIANT'], 'WEIGHT', 'USERS', 'ANSWERS', ...AB_METRIC_NAMES.map((metric) => metric.toUpperCase()), 'RATING', 'POSITION'),
      variants.map(({ name, weight, users, answers, metrics, mean_rating, mean_position }) => [
        ...[name, String(weight), String(users), String(answers)],
        ...AB_METRIC_NAMES.map((metric) => figure(metrics[metric])),
        ...[figure(mean_rating), figure(mean_position)],
      ]),
    ),
  );
  if (comparisons.length > 0)
    parts.push(
      table(
        terminal,
        heads(['AGAINST', 'METRIC'], 'DIFFERENCE', 'FROM', 'TO', 'P').concat([{ head: 'VERDICT' }]),
        comparisons.map(({ control, treatment, metric, difference, low, high, p, decided, missing }) => [
          ...[`${treatment} against ${control}`, metric, figure(difference), figure(low), figure(high), numberText(p)],
          decided
            ? `${treatment} is ${(difference ?? 0) > 0 ? 'better' : 'worse'}`
            : missing
              ? `more ${missing} are needed`
              : 'not decided',
        ]),
      ),
    );
  for (const { shadow, answers, effective_answers, snips, doubts } of off_policy)
    parts.push(
      `${shadow}, not shown: its first movie would have been clicked by ${
        snips ? `${numberText(snips.value)} (${numberText(snips.low)} to ${numberText(snips.high)})` : 'nobody can say how many'
      }; ${answers} answers, worth ${numberText(effective_answers)}${doubts.length > 0 ? `; doubtful: ${doubts.join('; ')}` : ''}`,
    );
  return withZone(terminal, parts.join('\n\n'));
}
