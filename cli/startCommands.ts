import { InvalidArgumentError, type Command } from 'commander';
import { SOURCES } from '../contracts/collection.ts';
import { MODEL_KINDS } from '../contracts/models.ts';
import { TMDB_LISTS } from '../contracts/tmdb.ts';
import { trainingInputSchema } from '../contracts/training.ts';
import { Unusable } from './failure.ts';
import { given, numberIfOne, settingsOf } from './modelSettings.ts';
import type { Perform } from './session.ts';
import { startRun, withStartOptions, type StartOptions, type StartRun } from './startRun.ts';

/** `collect` and `train`: start a run and see it through. */
export function addStartCommands(program: Command, perform: Perform): void {
  const collect = program
    .command('collect')
    .description('Collect movies and ratings into the catalogue')
    .option('--source <name>', `where from: ${[...SOURCES, TMDB].join(', ')}`)
    .option('--path <folder>', 'folder of a MovieLens set, as the control worker sees it; the committed sample when missing')
    .option('--list <name>', `of TMDB; may be repeated: ${TMDB_LISTS.join(', ')}`, (list: string, lists: string[] = []) => [...lists, list])
    .option('--pages <n>', 'pages of each list of TMDB, 20 movies a page', numberIfOne);
  withStartOptions(collect).action((options: StartOptions & CollectOptions, command: Command) =>
    perform(command, (session) => startRun(session, options, collection(options))),
  );

  const train = program
    .command('train')
    .description('Train, evaluate and register models')
    .option('--model <kind>', `train this one; may be repeated: ${MODEL_KINDS.join(', ')}`, (kind: string, kinds: string[] = []) => [
      ...kinds,
      kind,
    ])
    .option('--epochs <n>', 'passes over the data, for the models that make several', numberIfOne)
    .option(
      '-p, --param <name=value>',
      'hyper-parameter of the one kind that is trained; may be repeated; `mlops models kinds <kind>`',
      addParam,
    )
    .option('--set <name>', 'learn from the ratings of this data set; may be repeated', (set: string, sets: string[] = []) => [
      ...sets,
      set,
    ])
    .option('--seed <n>', 'seed of the split, the sampled negatives and the models', numberIfOne);
  withStartOptions(train).action((options: StartOptions & TrainOptions, command: Command) =>
    perform(command, (session) => startRun(session, options, { workflow: 'movieTrainingPipeline', input: trainingInput(options) })),
  );
}

interface CollectOptions {
  readonly source?: string;
  readonly path?: string;
  readonly list?: string[];
  readonly pages?: number | string;
}

/** TMDB has a workflow of its own, which asks for no ratings. */
const TMDB = 'tmdb';
const collection = ({ source, path, list, pages }: CollectOptions): StartRun =>
  source === TMDB
    ? { workflow: 'tmdbCollection', input: given({ path, lists: list, pages }) }
    : { workflow: 'movieDataCollection', input: given({ source, path, lists: list, pages }) };

interface TrainOptions {
  readonly model?: string[];
  readonly epochs?: number | string;
  readonly seed?: number | string;
  readonly set?: string[];
  readonly param?: Readonly<Record<string, unknown>>;
}

/** The value as JSON where it is, else as text. */
function addParam(text: string, params: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const [, name, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('Give name=value, such as learning_rate=0.003.');
  return { ...params, [name]: jsonIfAny(value) };
}

function jsonIfAny(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Only what was asked for: the API knows the defaults. */
function trainingInput({ model, epochs, seed, set, param = {} }: TrainOptions): Record<string, unknown> {
  if (Object.keys(param).length > 0 && model?.length !== 1) throw new Unusable('-p wants the one kind that it is for: --model <kind>.');
  const asked = model ?? (epochs === undefined && seed === undefined ? undefined : defaultKinds());
  return given({ models: asked?.map((kind) => ({ kind, ...settingsOf(kind, given({ epochs, seed })), ...param })), seed, sets: set });
}

const defaultKinds = (): string[] => trainingInputSchema.parse({}).models.map(({ kind }) => kind);
