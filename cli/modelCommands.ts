import type { Command } from 'commander';
import { stageSchema, type ModelVersion } from '../contracts/registry.ts';
import { renderChanges, renderComparison, renderLineage } from './renderRegistry.ts';
import type { Perform } from './session.ts';
import { Unusable } from './failure.ts';

const NAME = ['<name>', 'of the registered model'] as const;
const VERSION = ['<version>', 'its number'] as const;
const WHY = ['--description <text>', 'why; kept in the history of the model'] as const;

interface Why {
  readonly description?: string;
}

/** `models compare|history|lineage`: what is known of versions side by side, over time, and back to the data. */
export function addModelViews(models: Command, perform: Perform): void {
  models
    .command('compare')
    .description('Compare versions by rmse, mae, accuracy and the figures of ranking, with bars')
    .argument(...NAME)
    .option('--versions <numbers>', 'comma separated; the ten newest when missing')
    .option('--metrics <names>', 'comma separated; those that say how good a recommender is when missing')
    .action((name: string, { versions, metrics }: { versions?: string; metrics?: string }, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const query = { ...(versions && { versions }), ...(metrics && { metrics }) };
        const comparison = await api.models.compare({ params: { name }, query });
        return { json: comparison, text: renderComparison(terminal, comparison) };
      }),
    );
  models
    .command('history')
    .description('List who changed which alias or stage, when and why, newest first')
    .argument(...NAME)
    .option('--limit <changes>', 'at most so many', '100')
    .action((name: string, { limit }: { limit: string }, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.models.history({ params: { name }, query: { limit } });
        return { json: answer, text: renderChanges(terminal, answer.changes) };
      }),
    );
  models
    .command('lineage')
    .description('Show what a version was made of, when it was champion and why, and where it answers')
    .argument(...NAME)
    .argument(...VERSION)
    .action((name: string, version: string, _options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const lineage = await api.models.lineage({ params: { name, version } });
        return { json: lineage, text: renderLineage(terminal, lineage) };
      }),
    );
}

/** `models promote|alias|stage`: what decides which version serves, and what it is labelled. */
export function addModelChanges(models: Command, perform: Perform): void {
  models
    .command('promote')
    .description('Make a version that passed the gate champion, and put it in Production')
    .argument(...NAME)
    .argument(...VERSION)
    .option(...WHY)
    .option('--force', 'also where the gate was not passed; needs --description')
    .action((name: string, version: string, { description, force = false }: Why & { force?: boolean }, command: Command) =>
      perform(command, async ({ api }) => {
        const promoted = await api.registry.promote({ params: { name }, body: { version, force, ...(description && { description }) } });
        return { json: promoted, text: withWarning(`${name} ${version} is champion, in Production.`, promoted) };
      }),
    );
  models
    .command('alias')
    .description('Point an alias at a version, or take it away; champion is what serves')
    .argument(...NAME)
    .argument('<alias>', 'such as champion')
    .argument('[version]', 'its number')
    .option(...WHY)
    .option('--remove', 'take the alias away')
    .action(
      (name: string, alias: string, version: string | undefined, { description, remove }: Why & { remove?: boolean }, command: Command) =>
        perform(command, async ({ api }) => {
          if ((version === undefined) !== (remove === true)) throw new Unusable('Give a version, or --remove.');
          const why = description && { description };
          if (version === undefined) {
            const left = await api.models.removeAlias({ params: { name, alias }, query: { ...why } });
            return { json: left, text: `${alias} of ${name} names no version any more.` };
          }
          const set = await api.models.setAlias({ params: { name, alias }, body: { version, ...why } });
          return { json: set, text: withWarning(`${alias} of ${name} is version ${version}.`, set) };
        }),
    );
  models
    .command('stage')
    .description('Label a version with a stage, for those who go by stages')
    .argument(...NAME)
    .argument(...VERSION)
    .argument('<stage>', stageSchema.options.join(', '))
    .option(...WHY)
    .option('--archive', 'archive the other versions of that stage')
    .action(
      (name: string, version: string, word: string, { description, archive = false }: Why & { archive?: boolean }, command: Command) =>
        perform(command, async ({ api }) => {
          const stage = readStage(word);
          const body = { model_name: name, version, stage, archive_existing_versions: archive, ...(description && { description }) };
          const labelled = await api.registry.stageTransition({ body });
          return { json: labelled, text: `${name} ${version} is in ${stage}.` };
        }),
    );
}

const withWarning = (text: string, { warning }: { warning?: string | undefined }): string => (warning ? `${text}\n${warning}.` : text);

function readStage(word: string): ModelVersion['stage'] {
  const stage = stageSchema.options.find((known) => known.toLowerCase() === word.toLowerCase());
  if (!stage) throw new Unusable(`${word} is no stage; there are ${stageSchema.options.join(', ')}.`);
  return stage;
}
