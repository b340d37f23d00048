import { Argument, type Command } from 'commander';
import type { z } from 'zod';
import { ENTITY_TYPES, type EntityType, type featurePushBodySchema } from '../contracts/onlineFeatures.ts';
import { readJson } from './readJson.ts';
import {
  renderDistribution,
  renderHistory,
  renderPlan,
  renderReport,
  renderServices,
  renderValues,
  renderView,
  renderViews,
} from './renderFeatures.ts';
import type { Outcome, Perform } from './session.ts';
import { startRun, withStartOptions, type StartOptions } from './startRun.ts';
import { table } from './terminal.ts';

/** `features`: what is defined, since when, how good the values are, and the values themselves. */
export function addFeatureCommands(program: Command, perform: Perform): void {
  const features = program.command('features').description('The feature store: definitions, values, and how fresh and good they are');
  addLists(features, perform);
  addDistribution(features, perform);
  addRegistryCommands(features, perform);
  addValueCommands(features, perform);
}

function addLists(features: Command, perform: Perform): void {
  const list = (name: string, description: string, body: Parameters<Perform>[1]) =>
    features
      .command(name)
      .description(description)
      .command('list', { isDefault: true })
      .description(description)
      .action((_options: unknown, command: Command) => perform(command, body));
  list('entities', 'List what features are of', async ({ api, terminal }) => {
    const answer = await api.features.entities();
    const rows = answer.entities.map(({ name, join_key, description }) => [name, join_key, description]);
    return { json: answer, text: table(terminal, [{ head: 'ENTITY' }, { head: 'JOIN KEY' }, { head: 'DESCRIPTION' }], rows) };
  });
  list('views', 'List feature views', async ({ api, terminal }) => {
    const answer = await api.features.views();
    return { json: answer, text: renderViews(terminal, answer.views) };
  });
  list('services', 'List the features that each model reads', async ({ api, terminal }) => {
    const answer = await api.features.services();
    return { json: answer, text: renderServices(terminal, answer.services) };
  });
  features
    .command('describe')
    .description('Show a feature view: its features with types, provenance and rules, and its SQL')
    .argument('<view>', 'such as movie_features')
    .action((view: string, _options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const described = await api.features.view({ params: { name: view } });
        return { json: described, text: renderView(terminal, described) };
      }),
    );
}

function addDistribution(features: Command, perform: Perform): void {
  features
    .command('distribution')
    .description('Show how the values of a view went over time, from a sample of its rows: how empty they are, and where the numbers lie')
    .argument('<view>', 'such as movie_features')
    .option('--days <n>', 'of the last so many days, up to the newest row', '365')
    .action((view: string, { days }: { days: string }, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.features.distribution({ params: { name: view }, query: { days } });
        return { json: answer, text: renderDistribution(terminal, answer) };
      }),
    );
}

function addRegistryCommands(features: Command, perform: Perform): void {
  features
    .command('plan')
    .description('Show what applying the definitions of the running release would change')
    .action((_options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const plan = await api.features.plan();
        return { json: plan, text: renderPlan(terminal, plan) };
      }),
    );
  features
    .command('apply')
    .description('Put the definitions of the running release in force, as a new version')
    .option('--yes', 'also where the plan takes something away, or changes what it means')
    .action(({ yes = false }: { yes?: boolean }, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const outcome = await api.features.apply({ body: { confirm: yes } });
        const done = outcome.applied ? `Version ${outcome.version} is in force.` : `Version ${outcome.version} stays in force.`;
        return { json: outcome, text: `${renderPlan(terminal, outcome.plan)}\n${done}` };
      }),
    );
  features
    .command('history')
    .description('List the versions of the definitions, newest first')
    .action((_options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.features.history();
        return { json: answer, text: renderHistory(terminal, answer.versions) };
      }),
    );
  features
    .command('report')
    .description('Show freshness, null rate and value range of every stored feature, and which rules are broken')
    .action((_options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }): Promise<Outcome> => {
        const report = await api.features.report();
        return { json: report, text: renderReport(terminal, report) };
      }),
    );
}

function addValueCommands(features: Command, perform: Perform): void {
  features
    .command('get')
    .description('Show the online features of one thing')
    .addArgument(new Argument('<entity>', 'movie or user').choices(ENTITY_TYPES))
    .argument('<id>', 'its id')
    .action((entity: EntityType, id: string, _options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.features[entity]({ params: { id } });
        return { json: answer, text: renderValues(terminal, answer) };
      }),
    );
  const materialize = features
    .command('materialize')
    .description('Compute features and bring them online')
    .option('--view <name>', 'this one; may be repeated; all that can be computed when missing', (name: string, names: string[] = []) => [
      ...names,
      name,
    ])
    .option('--start <time>', 'rows later than this; from where each view was brought online to when missing')
    .option('--end <time>', 'rows up to this; now when missing')
    .option('--full', 'from the beginning');
  withStartOptions(materialize).action(
    ({ view, start: from, end, full, ...options }: StartOptions & MaterializeOptions, command: Command) =>
      perform(command, (session) => {
        const input = Object.fromEntries(
          Object.entries({ views: view, start: from, end, full }).filter(([, value]) => value !== undefined),
        );
        return startRun(session, options, { workflow: 'featureMaterialization', input });
      }),
  );
  features
    .command('push')
    .description('Write rows of a view from a JSON file: lists of values by column, the join key and event_timestamp among them')
    .argument('<view>', 'such as user_recent')
    .argument('<file>', 'such as {"user_id": ["1"], "event_timestamp": ["2026-11-25T00:00:00Z"], …}')
    .option('--to <store>', 'online, offline, or online_and_offline')
    .action((view: string, file: string, { to }: { to?: string }, command: Command) =>
      perform(command, async ({ api }) => {
        // As the file and the person have it; the API says what is wrong with it.
        const body = { view, rows: await readJson(file), to } as z.input<typeof featurePushBodySchema>;
        const pushed = await api.features.push({ body });
        return { json: pushed, text: `${pushed.rows} rows of ${pushed.view} are ${pushed.to}.` };
      }),
    );
}

interface MaterializeOptions {
  readonly view?: string[];
  readonly start?: string;
  readonly end?: string;
  readonly full?: boolean;
}
