import { parseArgs } from 'node:util';
import { MODEL_KINDS, type ModelKind } from '../../../contracts/models.ts';
import { readConfig, tellEnvironment, ConfigError, type Config } from '../../../platform/config.ts';
import { localUrl } from '../../../platform/localUrl.ts';
import { untilAborted } from '../../../platform/untilAborted.ts';
import { BROUGHT_MONITORS, GET_MONITORS, locateMonitor } from '../monitoring/programs.ts';
import { refuseFullDisks } from './freeDisk.ts';
import { isJobDone, planMainJob, runMainJob, SAMPLE_JOB, showRecommendation } from './mainJob.ts';
import { READING_FLAGS, readOwnData } from './ownData.ts';
import { overview } from './overview.ts';
import { findPortConflicts, portsOf } from './ports.ts';
import { PARTS, PROCESSES, type Part } from './processes.ts';
import type { Progress } from './progress.ts';
import type { Service } from '../supervision/service.ts';
import { runningPorts } from './runningPorts.ts';
import { bringUp, defineServices } from './stack.ts';
import { takeLock } from './stackLock.ts';
import { supervise } from './supervise.ts';
import { StartError } from '../supervision/startError.ts';
import { upgradeStack } from './upgradeStack.ts';
import { confirmWipe, foldersToWipe, wipe } from './wipe.ts';

const USAGE = `npm start -- [options]
  --once    end after the main job: exit code 0 when it succeeded
  --job     run the main job also when it was done before
  --no-job  do not run the main job
  --only PART  start that part alone, with the engines that it needs, and no main job: api, ml or monitoring
  --data PATH  run the main job on this in place of the sample: an own log of choices (docs/own-data.md), a folder or a zip of a MovieLens set
  --titles PATH  with --data: titles of its items
  --map COLUMNS, --titles-map COLUMNS, --scale NAME, --encoding NAME, --name NAME  with --data, a log: as \`npx mlops data import\` has them
  --models LIST  kinds of models that the main job trains, comma separated
  --fresh   remove all data first; asks on a terminal, and needs --yes elsewhere
  --yes     with --fresh: do not ask
  --upgrade  put this release in the place of the one that runs; \`npx mlops upgrade --plan\` says what that does`;

const FLAGS = {
  once: { type: 'boolean' },
  job: { type: 'boolean' },
  'no-job': { type: 'boolean' },
  only: { type: 'string' },
  data: { type: 'string' },
  ...READING_FLAGS,
  models: { type: 'string' },
  fresh: { type: 'boolean' },
  yes: { type: 'boolean' },
  upgrade: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

type Flags = ReturnType<typeof parseFlags>;

/**
 * Runs the stack: engines, migrations, processes, main job; then stays until it is told to end. Prints what is wrong where a person can mend it.
 * @returns the exit code
 */
export async function runStack({ args, progress }: { args: readonly string[]; progress: Progress }): Promise<number> {
  try {
    const flags = parseFlags(args);
    if (flags.help) {
      progress.note(USAGE);
      return 0;
    }
    if (flags.upgrade) tellEnvironment(runningPorts()); // what takes the place of a process takes its port
    return await superviseStack(readConfig(), flags, progress);
  } catch (error) {
    if (!(error instanceof StartError || error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

function parseFlags(args: readonly string[]) {
  try {
    const { values } = parseArgs({ args: [...args], options: FLAGS, strict: true });
    return { ...values, part: readPart(values), own: readOwnData(values), kinds: readKinds(values.models) };
  } catch (error) {
    throw new StartError(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

/** @throws Error for a part that there is not, and where the main job is asked for too, which needs the whole */
function readPart({ only, ...others }: { only?: string; data?: string; models?: string; job?: boolean; once?: boolean }): Part | undefined {
  if (only === undefined) return undefined;
  const part = Object.keys(PARTS).find((name) => name === only);
  if (part === undefined) throw new Error(`--only: there is no part ${only}; there are ${Object.keys(PARTS).join(' and ')}`);
  const job = (['data', 'models', 'job', 'once'] as const).find((name) => others[name] !== undefined);
  if (job !== undefined) throw new Error(`--${job} needs the whole stack, and --only starts a part of it`);
  return part as Part;
}

/** @throws Error for a kind that there is not, before anything is started */
function readKinds(list: string | undefined): ModelKind[] | undefined {
  return list?.split(',').map((name) => {
    const kind = MODEL_KINDS.find((known) => known === name.trim());
    if (kind === undefined) throw new Error(`--models: there is no kind of model "${name}"; there are ${MODEL_KINDS.join(', ')}`);
    return kind;
  });
}

async function superviseStack(config: Config, flags: Flags, progress: Progress): Promise<number> {
  if (flags.upgrade) return upgradeStack(config, progress);
  const startedAt = Date.now();
  if (flags.fresh && !flags.yes) await confirmWipe(foldersToWipe(config));
  await takeLock(config.stateDir, progress.note);
  // Told to end is the good end of a stack, and not of a start that was to do one thing.
  const codeWhenTold = () => (flags.once ? 130 : 0);
  return supervise({ config, progress, definitions: defineServices(config, flags.part), codeWhenTold }, async (services, signal) => {
    refuseWithoutMonitors(config, flags.part);
    await refusePortConflicts(config);
    if (flags.fresh) await wipe(foldersToWipe(config));
    await refuseFullDisks(config); // after a wipe, which makes room
    return run({ config, flags, progress, services, startedAt, signal });
  });
}

interface Run {
  readonly config: Config;
  readonly flags: Flags;
  readonly progress: Progress;
  readonly services: readonly Service[];
  readonly startedAt: number;
  readonly signal: AbortSignal;
}

async function run({ config, flags, progress, services, startedAt, signal }: Run): Promise<number> {
  await bringUp(services, progress);
  progress.note(`Ready after ${((Date.now() - startedAt) / 1000).toFixed(1)} s: ${localUrl(config, 'API_PORT', '/console')}`);
  if (flags.part) progress.note(leftOut(services));
  const job = flags['no-job'] || flags.part ? NO_JOB : await doMainJob({ config, progress, signal }, flags);
  if (flags.once) return job.succeeded ? 0 : 1;
  progress.note(`${overview(config, job.shownUser)}\nCtrl-C stops everything.`);
  await untilAborted(signal);
  return 0;
}

interface JobOutcome {
  readonly succeeded: boolean;
  /** Whom there is something to ask for */
  readonly shownUser: string;
}
const NO_JOB: JobOutcome = { succeeded: true, shownUser: SAMPLE_JOB.shownUser };

/** The stack stays up where it did not succeed, for a look at what went wrong. */
export async function doMainJob(
  options: { config: Config; progress: Progress; signal: AbortSignal },
  flags: Pick<Flags, 'own' | 'kinds' | 'job'>,
): Promise<JobOutcome> {
  let { shownUser } = SAMPLE_JOB;
  try {
    const { own, kinds } = flags;
    const job = await planMainJob(options, own, kinds);
    shownUser = job.shownUser;

    const again = flags.job === true || own !== undefined || kinds !== undefined;
    const isDone = !again && (await isJobDone(options));
    if (isDone) options.progress.note('The main job was done before; `npm start -- --job` repeats it.');
    else await runMainJob({ ...options, again, parts: job.parts });
    await showRecommendation(options, job);
    await runMainJob({ ...options, again, parts: job.afterwards ?? [] });
    return { succeeded: true, shownUser };
  } catch (error) {
    if (options.signal.aborted) throw error;
    options.progress.note(`The main job failed: ${error instanceof Error ? error.message : String(error)}`);
    return { succeeded: false, shownUser };
  }
}

/** A part says what it is not. */
function leftOut(services: readonly Service[]): string {
  const all = [...PROCESSES.map(({ name }) => name), ...BROUGHT_MONITORS];
  const missing = all.filter((name) => services.every((service) => service.name !== name));
  return `Left out: ${missing.join(', ')}. \`npm start\` starts everything.`;
}

/** Whoever asks for monitoring alone is not to wait for a stack that has none. */
function refuseWithoutMonitors(config: Config, part: Part | undefined): void {
  if (part !== 'monitoring' || config.monitoring.external) return;
  if (locateMonitor(config, 'prometheus') === undefined) throw new StartError(`There is no Prometheus here: ${GET_MONITORS}.`);
}

async function refusePortConflicts(config: Config): Promise<void> {
  const conflicts = await findPortConflicts(portsOf(config));
  if (conflicts.length === 0) return;
  throw new StartError(`The stack cannot start:\n${conflicts.map((line) => `  ${line}`).join('\n')}`);
}
