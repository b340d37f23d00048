import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import type { StatusRow } from '../deploy/local/stack/control.ts';
import type { Finding } from '../deploy/local/stack/doctor.ts';
import { durationText, type Client } from '../client/index.ts';
import { mirrorText } from '../contracts/mirrorText.ts';
import type { MirrorState } from '../contracts/registry.ts';
import type { RunDetail } from '../contracts/runs.ts';
import { EXIT, Unusable } from './failure.ts';
import { renderCheck } from './renderCheck.ts';
import { nowText } from './renderRun.ts';
import { runParamsOf } from './runParamsOf.ts';
import type { Outcome, Perform, Session } from './session.ts';
import { paint, table, type Terminal } from './terminal.ts';

export function addStackCommands(program: Command, perform: Perform): void {
  program
    .command('up')
    .description('Start the platform on this machine and stay with it until Ctrl-C; options are those of `npm start`')
    .argument(
      '[options...]',
      '--once (end after the main job), --no-job (skip it), --only api|ml|monitoring (a part alone), --fresh (wipe the state first)',
    )
    .allowUnknownOption()
    .action((args: string[], _options: unknown, command: Command) =>
      perform(command, async ({ stack, json }) => {
        const exitCode = await stack.start(args, { toStderr: json });
        return { json: { exit_code: exitCode }, text: '', exitCode };
      }),
    );

  program
    .command('down')
    .description('Stop what runs of the platform on this machine')
    .action((_options: unknown, command: Command) =>
      perform(command, async ({ stack, config }) => {
        const stopped = await stack.stopStack(config);
        return { json: { stopped }, text: stopped ? 'Stopped.' : 'Nothing was running.' };
      }),
    );

  program
    .command('status')
    .description(
      'Show each process and engine: state, pid, port, uptime, memory; what the runs under way do, which wait for a worker that is not there, and how far behind a mirror of the registry is',
    )
    .action((_options: unknown, command: Command) =>
      perform(command, async ({ stack, config, terminal, api }) => {
        const rows = await stack.readStatus(config);
        const allUp = rows.length > 0 && rows.every(isUp);
        // Where Temporal is away, its own row says so.
        const waiting = rows.length === 0 ? [] : await stack.lookAtQueues(config).catch((): string[] => []);
        const runs = rows.length === 0 ? [] : await lookAtRuns(api);
        const mirror = rows.length === 0 ? null : await lookAtMirror(api);
        const text = [renderStatus(terminal, rows), ...waiting, ...runs.flatMap(runLines), ...(mirror ? [mirrorText(mirror)] : [])].join(
          '\n',
        );
        return { json: { processes: rows, waiting, runs, mirror }, text, ...(!allUp && { exitCode: EXIT.failed }) };
      }),
    );

  program
    .command('doctor')
    .description('Check what the platform needs on this machine, and say what mends what is wrong')
    .action((_options: unknown, command: Command) =>
      perform(command, async ({ stack, config, terminal }) => {
        const findings = await stack.runDoctor(config);
        const ok = findings.every((finding) => finding.ok);
        return { json: { ok, findings }, text: renderFindings(terminal, findings), ...(!ok && { exitCode: EXIT.failed }) };
      }),
    );

  program
    .command('check')
    .description('Ask each of the nine systems whether it is well, and say what answered and in how many ms')
    .option('--strict', 'also what is not installed here fails', false)
    .action(({ strict }: { strict: boolean }, command: Command) =>
      perform(command, async ({ stack, config, terminal }) => {
        const systems = await stack.runCheck(config);
        const ok = systems.every(({ state }) => state === 'ok' || (state === 'absent' && !strict));
        return { json: { ok, systems }, text: renderCheck(terminal, systems), ...(!ok && { exitCode: EXIT.failed }) };
      }),
    );

  program
    .command('logs')
    .description('Show the last log lines of a process or engine, or of all')
    .argument('[process]', 'as `mlops status` names it')
    .option('-f, --follow', 'go on with what is written from now on, until Ctrl-C')
    .option('-n, --lines <n>', 'so many of each', '50')
    .option('-a, --all', 'with the requests that only read and were answered, such as those of whoever waits for a run')
    .action((name: string | undefined, options: LogOptions, command: Command) =>
      perform(command, (session) => showLogs(session, name, options)),
    );
}

const logLineSchema = z.looseObject({ time: z.string(), level: z.string(), msg: z.string() });

const RUNS_SHOWN = 10;
/** Whoever asks for the state of a machine on which something stands still is not to wait for it. */
const LOOK_MS = 5_000;

type RunLook = Pick<RunDetail, 'run_id' | 'now'>;

/** The latest runs under way, with what they do now; none where the API is away, which its own row says. */
async function lookAtRuns(api: Client): Promise<RunLook[]> {
  const signal = AbortSignal.timeout(LOOK_MS);
  try {
    const { runs } = await api.runs.list({ query: { state: 'running', limit: RUNS_SHOWN }, signal });
    const found = await Promise.all(runs.map(({ run_id }) => api.runs.get({ params: runParamsOf(run_id), signal })));
    return found.flatMap(({ run_id, state, now }) => (state === 'running' ? [{ run_id, now }] : []));
  } catch {
    return [];
  }
}

/** null where there is none, and where the API is away */
async function lookAtMirror(api: Client): Promise<MirrorState | null> {
  try {
    return (await api.registry.mirror({ signal: AbortSignal.timeout(LOOK_MS) })).mirror;
  } catch {
    return null;
  }
}

const runLines = ({ run_id, now }: RunLook): string[] =>
  now.length === 0 ? [`${run_id} goes on`] : now.map((one) => `${run_id} ${nowText(one)}`);

const isUp = ({ state }: StatusRow) => state === 'running' || state === 'external';

function renderStatus(terminal: Terminal, rows: readonly StatusRow[]): string {
  if (rows.length === 0) return 'Nothing runs here. `npm start` starts the platform.';
  const right = { align: 'right' } as const;
  const columns = [{ head: 'NAME' }, { head: 'KIND' }, { head: 'STATE' }, { head: 'PID', ...right }, { head: 'PORT', ...right }];
  const total = rows.reduce((sum, { rss_mb }) => sum + (rss_mb ?? 0), 0);
  const text = table(
    terminal,
    [...columns, { head: 'UPTIME', ...right }, { head: 'RESTARTS', ...right }, { head: 'MEMORY', ...right }],
    rows.map((row) => [
      row.name,
      row.kind,
      paint(terminal, isUp(row) ? 'green' : 'red', row.state),
      String(row.pid ?? ''),
      String(row.port ?? ''),
      row.uptime_s === null ? '' : durationText(row.uptime_s),
      String(row.restarts),
      row.rss_mb === null ? '' : `${row.rss_mb} MB`,
    ]),
  );
  return `${text}\n${total} MB in all`;
}

const renderFindings = (terminal: Terminal, findings: readonly Finding[]): string =>
  table(
    terminal,
    [{ head: 'CHECK' }, { head: '' }, { head: 'DETAIL' }],
    findings.map(({ name, ok, detail, fix }) => [
      name,
      paint(terminal, ok ? 'green' : 'red', ok ? 'ok' : 'WRONG'),
      !ok && fix ? `${detail}: ${fix}` : detail,
    ]),
  );

async function showLogs(session: Session, name: string | undefined, { follow, lines, all: isWhole = false }: LogOptions): Promise<Outcome> {
  if (!/^\d+$/.test(lines)) throw new Unusable(`--lines ${lines} is no whole number`);
  if (follow && session.json) throw new Unusable('--follow has no end, so it cannot be one JSON document');
  const isShown = (line: string) => isWhole || !isPoll(line);
  const files = await chooseLogs(session, name);
  const logs = await Promise.all(
    files.map(async ({ file, ...process }) => ({ ...process, file, lines: await lastLines(file, Number(lines), isShown) })),
  );
  const print = (process: string, line: string) => (files.length > 1 ? `${process}: ${logText(line)}` : logText(line));
  const text = logs.flatMap((log) => log.lines.map((line) => print(log.process, line))).join('\n');
  if (!follow) return { json: { logs }, text };
  if (text) session.terminal.out(`${text}\n`);
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  const say = (process: string) => (line: string) => {
    if (isShown(line)) session.terminal.out(`${print(process, line)}\n`);
  };
  const goOn = ({ process, file }: LogFile) => session.stack.followLog(file, say(process), interrupted.signal);
  await Promise.all(files.map(goOn));
  return { json: null, text: '' };
}

interface LogOptions {
  readonly follow?: boolean;
  readonly lines: string;
  readonly all?: boolean;
}

interface LogFile {
  readonly process: string;
  readonly file: string;
}

/** Those of a stack that does not run any more too: its last lines tell why. */
async function chooseLogs({ stack, config }: Session, name: string | undefined): Promise<LogFile[]> {
  const folder = path.dirname(stack.logFile(config, 'any'));
  const found = await readdir(folder).catch(() => []);
  const names = found.filter((file) => file.endsWith('.log')).map((file) => path.basename(file, '.log'));
  const chosen = names.filter((candidate) => name === undefined || candidate === name).sort();
  if (chosen.length > 0) return chosen.map((process) => ({ process, file: stack.logFile(config, process) }));
  throw new Unusable(
    names.length > 0 ? `There is no log of ${name}; there are those of ${names.sort().join(', ')}.` : `There is no log in ${folder}.`,
  );
}

async function lastLines(file: string, count: number, isShown: (line: string) => boolean): Promise<string[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '' && isShown(line));
  return count === 0 ? [] : lines.slice(-count);
}

const pollSchema = z.looseObject({ msg: z.literal('request'), method: z.literal('GET'), status: z.number().max(399) });
const isPoll = (line: string): boolean => pollSchema.safeParse(parseJson(line)).success;

/** Our processes write JSON lines: their time, level and message, then the rest. Engines' lines are shown as they are. */
function logText(line: string): string {
  const parsed = logLineSchema.safeParse(parseJson(line));
  if (!parsed.success) return line;
  const { time, level, msg, ...fields } = parsed.data;
  const rest = Object.entries(fields)
    .filter(([key]) => key !== 'process' && key !== 'pid')
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [time, level.padEnd(5), msg, ...rest].join(' ');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
