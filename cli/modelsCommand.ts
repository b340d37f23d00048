import type { Command } from 'commander';
import { z } from 'zod';
import { numberText, type Client } from '../client/index.ts';
import { modelNameSchema, MODEL_KINDS, modelKindSchema, PRIMARY_METRIC, schemaOf, type ModelKind } from '../contracts/models.ts';
import type { ModelVersion, ModelVersionDetail } from '../contracts/registry.ts';
import { Unusable } from './failure.ts';
import { timeText, withZone } from './format.ts';
import { addModelChanges, addModelViews } from './modelCommands.ts';
import type { Perform } from './session.ts';
import { table, type Terminal } from './terminal.ts';

/** `models`: what the registry has, and what can be trained. */
export function addModelsCommand(program: Command, perform: Perform): void {
  const models = program
    .command('models')
    .description("List registered models: champions and newest versions, the gate's verdict, and where the evaluation is shown")
    .action((_options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.models.list();
        const versions = answer.models.flatMap(({ latest_versions }) => latest_versions);
        return { json: answer, text: renderVersions(terminal, api.models, versions) };
      }),
    );
  models
    .command('show')
    .description('Show the versions of a model, or one version: hyper-parameters, data, run and code')
    .argument('<name>', 'of the registered model')
    .argument('[version]', 'its number')
    .option('--limit <n>', 'at most so many versions, the newest')
    .action((name: string, version: string | undefined, { limit }: { limit?: string }, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        if (version === undefined) {
          const model = await api.models.get({ params: { name }, query: { limit } });
          const more = model.next_cursor ? '\nThere are older versions; --limit shows more.' : '';
          return { json: model, text: renderVersions(terminal, api.models, model.versions) + more };
        }
        const found = await api.models.version({ params: { name, version } });
        return { json: found, text: renderVersion(terminal, found) };
      }),
    );
  addModelViews(models, perform);
  addModelChanges(models, perform);
  models
    .command('kinds')
    .description('List the kinds of model that can be trained, or the hyper-parameters of one')
    .argument('[kind]', MODEL_KINDS.join(', '))
    .action((kind: string | undefined, _options: unknown, command: Command) =>
      perform(command, async ({ terminal }) => {
        if (kind === undefined) return { json: MODEL_KINDS, text: MODEL_KINDS.join('\n') };
        const known = modelKindSchema.safeParse(kind);
        if (!known.success) throw new Unusable(`${kind} is no kind of model; there are ${MODEL_KINDS.join(', ')}.`);
        const parameters = hyperParametersOf(known.data);
        return { json: parameters, text: renderParameters(terminal, parameters) };
      }),
    );
}

function renderVersions(terminal: Terminal, api: Client['models'], versions: readonly ModelVersion[]): string {
  if (versions.length === 0) return 'No models.';
  const heads = ['MODEL', 'VERSION', 'ALIASES', 'STAGE', 'GATE', 'METRIC', 'REPORT'].map((head) => ({ head }));
  return table(
    terminal,
    heads,
    versions.map((version) => rowOf(api, version)),
  );
}

function rowOf(
  { reportPage }: Client['models'],
  { name, version, aliases, stage, gate, metrics, learnt_from_erased }: ModelVersion,
): string[] {
  const known = modelNameSchema.safeParse(name);
  const metric = known.success ? PRIMARY_METRIC[known.data].name : '';
  const figure = metrics[metric];
  const figureText = figure === undefined ? '' : `${metric} ${numberText(figure)}`;
  const report = gate ? reportPage.url({ params: { name, version } }) : '';
  const erased = learnt_from_erased ? `, learnt from ${learnt_from_erased} erased` : '';
  return [name, version, aliases.join(', '), stage, verdictOf(gate) + erased, figureText, report];
}

const erasedSince = (users: number) =>
  `it learnt from ${users} ${users === 1 ? 'user' : 'users'} that were erased since; train anew, and the next version knows none of them`;

const verdictOf = (gate: ModelVersion['gate']): string => (gate === null ? 'not judged' : gate.passed ? 'passed' : 'failed');

function renderVersion(terminal: Terminal, found: ModelVersionDetail): string {
  const { name, version, aliases, gate, source, origin, created_at, params, run_tags, metrics } = found;
  const lines = (title: string, entries: readonly (readonly [string, string])[]) =>
    entries.length === 0 ? [] : ['', title, ...entries.map(([key, value]) => `  ${key} ${value}`)];
  const failed = gate?.rules.filter(({ passed }) => !passed).map(({ rule, detail }) => [rule, detail] as const) ?? [];
  const facts = [
    `${name} ${version}${aliases.length > 0 ? ` (${aliases.join(', ')})` : ''}, registered ${timeText(terminal, created_at)}${origin ? ` by ${origin}` : ''}`,
    `files  ${source}`,
    `gate   ${verdictOf(gate)}`,
    ...(found.learnt_from_erased ? [`erased ${erasedSince(found.learnt_from_erased)}`] : []),
    ...lines('rules that it does not pass', failed),
    ...lines('hyper-parameters', Object.entries(params)),
    ...lines('made of', Object.entries(run_tags)),
    ...lines(
      'metrics',
      Object.entries(metrics).map(([key, value]) => [key, numberText(value)] as const),
    ),
  ];
  return withZone(terminal, facts.join('\n'));
}

interface HyperParameter {
  readonly name: string;
  readonly type: string;
  readonly default: string;
  readonly description: string;
}

/** As the JSON schema of the kind has them. */
function hyperParametersOf(kind: ModelKind): HyperParameter[] {
  const { properties = {} } = z.toJSONSchema(schemaOf(kind), { io: 'input' });
  return Object.entries(properties).flatMap(([name, property]) => {
    if (name === 'kind' || typeof property === 'boolean') return [];
    const { description = '', default: fallback } = property;
    return [{ name, type: typeText(property), default: fallback === undefined ? '' : JSON.stringify(fallback), description }];
  });
}

type JsonSchema = z.core.JSONSchema.JSONSchema;
function typeText({ type, enum: choices, minimum, exclusiveMinimum, maximum, exclusiveMaximum, items, anyOf }: JsonSchema): string {
  if (choices) return choices.join(' or ');
  if (anyOf) return anyOf.map((one) => typeText(one)).join(' or ');
  if (type === 'array' && typeof items === 'object' && !Array.isArray(items)) return `list of ${typeText(items)}`;
  const least = minimum ?? (exclusiveMinimum === undefined ? '' : `above ${exclusiveMinimum}`);
  const most = maximum ?? (exclusiveMaximum === undefined ? '' : `below ${exclusiveMaximum}`);
  const range = least === '' && most === '' ? '' : ` ${least} to ${most}`;
  return `${String(type ?? 'object')}${range}`;
}

const renderParameters = (terminal: Terminal, parameters: readonly HyperParameter[]): string =>
  parameters.length === 0
    ? 'It has none.'
    : table(
        terminal,
        ['PARAMETER', 'TYPE', 'DEFAULT', 'WHAT'].map((head) => ({ head })),
        parameters.map((one) => [one.name, one.type, one.default, one.description]),
      );
