import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { SYSTEM_NAMES, type SystemCheck, type SystemPart } from '../contracts/systemCheck.ts';
import { PROJECT_ROOT, type Config, type PortName } from './config.ts';
import { httpGet } from './httpGet.ts';
import { localUrl } from './localUrl.ts';

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
  readonly part: SystemPart;
  readonly asked: string;
  /** @returns what is well. @throws Absent, or with what is not */
  readonly ask: (signal: AbortSignal) => Promise<string>;
}

class Absent extends Error {}

const run = promisify(execFile);
/** Of one that stands still, which is then told as failed. */
const WAIT_MS = 15_000;

/** Of the stack that a configuration describes: on this machine, but for what it names elsewhere. */
export function systemPlaces(config: Config): SystemPlaces {
  const at = (system: keyof Config['elsewhere'], port: PortName) => {
    const named = config.elsewhere[system];
    return named === undefined ? localUrl(config, port, '') : new URL(named).origin;
  };
  return {
    ...{ airflow: at('airflow', 'AIRFLOW_PORT'), feast: at('feast', 'FEAST_PORT'), mlflow: at('mlflow', 'MLFLOW_PORT') },
    ...{ serving: at('serving', 'SERVING_PORT'), api: at('api', 'API_PORT') },
    ...{ prometheus: config.monitoring.prometheusUrl, grafana: config.monitoring.grafanaUrl, folder: PROJECT_ROOT },
  };
}

/** Asks the nine systems, side by side, what the guide's final inspection asks them. Never throws. @param headers that let the caller in, where access is guarded */
export async function checkSystems(places: SystemPlaces, headers: Readonly<Record<string, string>> = {}): Promise<SystemCheck[]> {
  return Promise.all(questionsOf(places, headers).map(answered));
}

async function answered({ part, asked, ask }: Question): Promise<SystemCheck> {
  const startedAt = performance.now();
  const told = (state: SystemCheck['state'], answer: string) => ({
    ...{ system: SYSTEM_NAMES[part], part, asked, state, answer },
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
    const { status, text } = await httpGet(url, { headers, signal });
    if (status !== 200) throw new Error(`${status} ${shortened(text)}`);
    return text;
  };
  const health = (part: SystemPart, url: string): Question => ({
    ...{ part, asked: `${url}/health` },
    ask: async (signal) => statesIn(await get(`${url}/health`)(signal)),
  });
  const listed = (part: SystemPart, url: string, wanted: string): Question => ({
    ...{ part, asked: `${url} has ${wanted}` },
    ask: async (signal) => {
      if (!(await get(url)(signal)).includes(`"${wanted}"`)) throw new Error(`there is no ${wanted}`);
      return `${wanted} is there`;
    },
  });
  /** Whoever has not installed it goes on without. */
  const ofOthers = (part: 'prometheus' | 'grafana', url: string, name: string): Question => ({
    ...{ part, asked: url },
    ask: (signal) =>
      get(url)(signal).then(
        () => `${name} is healthy`,
        (error: unknown) => {
          throw isRefused(error) || isUnknown(error) ? new Absent(`${name} does not run here`) : error;
        },
      ),
  });
  return [
    health('data_pipeline', airflow),
    health('feature_store', feast),
    { part: 'version_control', asked: 'git status', ask: (signal) => lookAtGit(folder, signal) },
    { part: 'ci', asked: CI_DEFINITION, ask: () => lookAtCi(folder) },
    listed('orchestration', `${airflow}/api/v1/dags`, 'movie_training_pipeline'),
    health('model_registry', mlflow),
    health('model_serving', serving),
    ofOthers('prometheus', `${prometheus}/-/healthy`, 'Prometheus'),
    ofOthers('grafana', `${grafana}/api/health`, 'Grafana'),
    listed('events', `${api}/api/v1/events/topics`, 'user-events'),
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
const codeOf = (error: unknown) => (error as { code?: string }).code;
const isRefused = (error: unknown): boolean => codeOf(error) === 'ECONNREFUSED';
/** No machine, and no container, has the name. */
const isUnknown = (error: unknown): boolean => codeOf(error) === 'ENOTFOUND';

function wordsOf(error: unknown): string {
  if ((error as Error).name === 'TimeoutError') return `no answer within ${WAIT_MS / 1_000} s`;
  if (isRefused(error)) return 'nothing listens there';
  return shortened((error as Error).message || String(codeOf(error)));
}
