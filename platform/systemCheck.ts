import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

/** How one of the nine systems of the guide answered. */
export interface SystemCheck {
  readonly system: string;
  /** As a person would ask it. */
  readonly asked: string;
  /** `absent`: it is not installed here, and the rest goes on without it. */
  readonly state: 'ok' | 'failed' | 'absent';
  /** What answered, or why it did not. */
  readonly answer: string;
  readonly ms: number;
}

/** Where the systems are; addresses without a path. */
export interface SystemPlaces {
  readonly airflow: string;
  readonly feast: string;
  readonly mlflow: string;
  readonly serving: string;
  readonly api: string;
  readonly prometheus: string;
  readonly grafana: string;
  /** Of the project. */
  readonly folder: string;
}

interface Question {
  readonly system: string;
  readonly asked: string;
  /** @returns what is well. @throws Absent, or with what is not */
  readonly ask: (signal: AbortSignal) => Promise<string>;
}

class Absent extends Error {}

const run = promisify(execFile);
/** Of one that stands still, which is then told as failed. */
const WAIT_MS = 15_000;

/** Asks the nine systems, side by side, what the guide's final inspection asks them. Never throws. @param headers that let the caller in, where access is guarded */
export async function checkSystems(places: SystemPlaces, headers: Readonly<Record<string, string>> = {}): Promise<SystemCheck[]> {
  return Promise.all(questionsOf(places, headers).map(answered));
}

async function answered({ system, asked, ask }: Question): Promise<SystemCheck> {
  const startedAt = performance.now();
  const told = (state: SystemCheck['state'], answer: string) => ({
    ...{ system, asked, state, answer },
    ms: Math.round(performance.now() - startedAt),
  });
  try {
    return told('ok', await ask(AbortSignal.timeout(WAIT_MS)));
  } catch (error) {
    return told(error instanceof Absent ? 'absent' : 'failed', wordsOf(error));
  }
}

function questionsOf(places: SystemPlaces, headers: Readonly<Record<string, string>>): Question[] {
  const { airflow, feast, mlflow, serving, api, prometheus, grafana, folder } = places;
  const get = (url: string) => async (signal: AbortSignal) => {
    const answer = await fetch(url, { headers, signal });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${answer.status} ${shortened(text)}`);
    return text;
  };
  const health = (system: string, url: string): Question => ({
    ...{ system, asked: `${url}/health` },
    ask: async (signal) => statesIn(await get(`${url}/health`)(signal)),
  });
  const listed = (system: string, url: string, wanted: string): Question => ({
    ...{ system, asked: `${url} has ${wanted}` },
    ask: async (signal) => {
      if (!(await get(url)(signal)).includes(`"${wanted}"`)) throw new Error(`there is no ${wanted}`);
      return `${wanted} is there`;
    },
  });
  /** Whoever has not installed it goes on without. */
  const ofOthers = (system: string, url: string, name: string): Question => ({
    ...{ system, asked: url },
    ask: (signal) =>
      get(url)(signal).then(
        () => `${name} is healthy`,
        (error: unknown) => {
          throw isRefused(error) ? new Absent(`${name} does not run here`) : error;
        },
      ),
  });
  return [
    health('1 data pipeline', airflow),
    health('2 feature store', feast),
    { system: '3 version control', asked: 'git status', ask: (signal) => lookAtGit(folder, signal) },
    { system: '4 CI/CD', asked: CI_DEFINITION, ask: () => lookAtCi(folder) },
    listed('5 orchestration', `${airflow}/api/v1/dags`, 'movie_training_pipeline'),
    health('6 model registry', mlflow),
    health('7 model serving', serving),
    ofOthers('8 monitoring', `${prometheus}/-/healthy`, 'Prometheus'),
    ofOthers('8 monitoring', `${grafana}/api/health`, 'Grafana'),
    listed('9 events', `${api}/api/v1/events/topics`, 'user-events'),
  ];
}

async function lookAtGit(folder: string, signal: AbortSignal): Promise<string> {
  const { stdout } = await run('git', ['status', '--porcelain'], { cwd: folder, signal }).catch((error: unknown) => {
    throw new Absent(`${folder} is no working tree of git: ${wordsOf(error)}`);
  });
  const changed = stdout.split('\n').filter((line) => line !== '').length;
  return changed === 0 ? 'nothing is changed' : `${changed} ${changed === 1 ? 'file is' : 'files are'} changed`;
}

const CI_DEFINITION = '.github/workflows/ci.yml';
async function lookAtCi(folder: string): Promise<string> {
  await access(path.join(folder, CI_DEFINITION)).catch(() => {
    throw new Absent('there is no such definition');
  });
  return 'the definition is there; its runs are on the page of the repository';
}

/** What a health page says, of its parts too: Airflow's is answered with 200 while one of them is unhealthy. @throws where one is */
function statesIn(text: string): string {
  const states: string[] = [];
  try {
    JSON.parse(text, (key, value: unknown) => {
      if (key === 'status' && typeof value === 'string') states.push(value);
      return value;
    });
  } catch {
    return shortened(text); // MLflow's is no JSON
  }
  if (states.includes('unhealthy')) throw new Error(shortened(text));
  return [...new Set(states)].join(', ') || 'answers';
}

const SHOWN = 120;
const shortened = (text: string): string => text.replaceAll(/\s+/g, ' ').trim().slice(0, SHOWN);
const isRefused = (error: unknown): boolean => ((error as Error).cause as { code?: string } | undefined)?.code === 'ECONNREFUSED';

function wordsOf(error: unknown): string {
  if ((error as Error).name === 'TimeoutError') return `no answer within ${WAIT_MS / 1_000} s`;
  if (isRefused(error)) return 'nothing listens there';
  const { message, cause } = error as Error;
  return shortened(message === 'fetch failed' ? ((cause as Error | undefined)?.message ?? message) : message);
}
