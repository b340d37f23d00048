import type { PlatformState, ProcessState } from '../../contracts/system.ts';
import {
  fullSystemCheckResultSchema,
  SYSTEM_NAMES,
  SYSTEM_PARTS,
  type FullSystemCheckResult,
  type SystemPart,
} from '../../contracts/systemCheck.ts';
import { listRuns } from '../../domain/runs/listRuns.ts';
import type { Pool } from '../../platform/postgres.ts';

type SystemState = PlatformState['systems'][number];

/** The processes and engines that each system is made of; none of what the full check alone looks at. A door is this process's own where none has its name. */
const MADE_OF: Readonly<Record<SystemPart, readonly string[]>> = {
  data_pipeline: ['airflow', 'postgres', 'temporal', 'worker-control'],
  feature_store: ['feast', 'postgres', 'online store'],
  version_control: [],
  ci: [],
  orchestration: ['airflow', 'temporal', 'worker-control', 'worker-training'],
  model_registry: ['mlflow', 'postgres'],
  model_serving: ['serving'],
  prometheus: ['prometheus'],
  grafana: [],
  events: ['kafka', 'worker-ingest'],
};

/** The result of the latest full check that was done; undefined before the first. */
export async function readLatestCheck(pool: Pool): Promise<FullSystemCheckResult | undefined> {
  const { runs } = await listRuns(pool, { workflow: 'fullSystemCheck', state: 'success', limit: 1 });
  return fullSystemCheckResultSchema.safeParse(runs[0]?.result).data;
}

/** The nine systems by how what they are made of does at this moment, and by the latest full check where that does not tell. */
export function systemsOf(processes: readonly ProcessState[], check: FullSystemCheckResult | undefined, now: string): SystemState[] {
  return SYSTEM_PARTS.map((part) => liveState(part, processes, now) ?? checkedState(part, check));
}

/** @returns undefined where nobody can tell now */
function liveState(part: SystemPart, processes: readonly ProcessState[], now: string): SystemState | undefined {
  const parts = processes.filter(({ name }) => MADE_OF[part].includes(name));
  const unwell = parts.filter(({ state }) => state === 'away' || state === 'unwell');
  const told = (state: SystemState['state'], answer: string): SystemState => ({
    ...{ system: SYSTEM_NAMES[part], part, state, answer, is_live: true, told_at: now },
    lacks: [...new Set(unwell.flatMap(lackOf))],
  });
  if (part === 'prometheus' && parts.length === 0) return told('absent', '');
  if (unwell.length > 0)
    return told(
      unwell.some(({ state }) => state === 'away') ? 'failed' : 'unwell',
      unwell.map(({ name, detail }) => [name, detail].filter(Boolean).join(': ')).join('; '),
    );
  if (parts.length === 0 || parts.some(({ state }) => state === 'unknown')) return undefined;
  return told('ok', parts.map(({ name }) => name).join(', '));
}

const lackOf = ({ name, state, lacks }: ProcessState) => (state === 'away' || lacks.length === 0 ? [name] : lacks);

function checkedState(part: SystemPart, check: FullSystemCheckResult | undefined): SystemState {
  const found = check?.systems.find((one) => one.part === part);
  return {
    ...{ system: SYSTEM_NAMES[part], part, state: found?.state ?? 'unknown', lacks: [], answer: found?.answer ?? '', is_live: false },
    told_at: found && check ? check.checked_at : null,
  };
}
