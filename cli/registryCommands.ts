import type { Command } from 'commander';
import { renderExperiments } from './renderRegistry.ts';
import type { Perform } from './session.ts';

/** `experiments` and `registry`: the registry beside its models. */
export function addRegistryCommands(program: Command, perform: Perform): void {
  const experiments = program
    .command('experiments')
    .description('List experiments, with how many runs each has, or make one')
    .action((_options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.registry.experiments();
        return { json: answer, text: renderExperiments(terminal, answer.experiments) };
      }),
    );
  experiments
    .command('create')
    .description('Make an experiment')
    .argument('<name>', 'its name')
    .option('--description <text>', 'what it is about')
    .action((name: string, { description }: { description?: string }, command: Command) =>
      perform(command, async ({ api }) => {
        const made = await api.registry.createExperiment({ body: { name, ...(description && { description }) } });
        return { json: made, text: `${name} is experiment ${made.experiment_id}.` };
      }),
    );
  program
    .command('registry')
    .description('The model registry as a whole')
    .command('reset')
    .description('Empty it, for tests of compatibility; refused unless the API was started with ALLOW_REGISTRY_RESET=1')
    .action((_options: unknown, command: Command) =>
      perform(command, async ({ api }) => {
        const gone = await api.registry.reset();
        return { json: gone, text: `${gone.experiments} experiments, ${gone.runs} runs and ${gone.models} models are gone.` };
      }),
    );
}
