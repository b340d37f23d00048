import type { Command } from 'commander';
import { numberText, type Client } from '../client/index.ts';
import { modelNameSchema, PRIMARY_METRIC } from '../contracts/models.ts';
import type { RegisteredModel } from '../contracts/registry.ts';
import type { Perform } from './session.ts';
import { table } from './terminal.ts';

/** `models`: what the registry has. */
export function addModelsCommand(program: Command, perform: Perform): void {
  program
    .command('models')
    .description("List registered models: newest versions, aliases, the gate's verdict, and where the evaluation is shown")
    .action((_options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.models.list();
        if (answer.models.length === 0) return { json: answer, text: 'No models.' };
        const heads = ['MODEL', 'VERSION', 'ALIASES', 'STAGE', 'GATE', 'METRIC', 'REPORT'];
        const rows = answer.models.flatMap(({ latest_versions }) => latest_versions.map((version) => rowOf(api.models, version)));
        return {
          json: answer,
          text: table(
            terminal,
            heads.map((head) => ({ head })),
            rows,
          ),
        };
      }),
    );
}

function rowOf(
  { reportPage }: Client['models'],
  { name, version, aliases, stage, gate, metrics }: RegisteredModel['latest_versions'][number],
): string[] {
  const known = modelNameSchema.safeParse(name);
  const metric = known.success ? PRIMARY_METRIC[known.data].name : '';
  const figure = metrics[metric];
  const verdict = gate === null ? 'not judged' : gate.passed ? 'passed' : 'failed';
  const figureText = figure === undefined ? '' : `${metric} ${numberText(figure)}`;
  return [name, version, aliases.join(', '), stage, verdict, figureText, gate ? reportPage.url({ params: { name, version } }) : ''];
}
