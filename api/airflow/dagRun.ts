import type { Run, RunState } from '../../contracts/runs.ts';
import { dagIdOf, dagRunIdOf, type DagState } from './names.ts';

/** Airflow has no word for a cancelled run. */
export const airflowState = (state: RunState): DagState => (state === 'cancelled' ? 'failed' : state);

/** The states of the ledger that Airflow's word means; none for a word that is not one of its. */
export const ledgerStates = (states: readonly string[]): RunState[] =>
  (['queued', 'running', 'success', 'failed', 'cancelled'] as const).filter((state) => states.includes(airflowState(state)));

export const logicalDateOf = ({ logical_date, created_at }: Run): string => logical_date ?? created_at;

/** A run as Airflow tells it. */
export function toDagRun(run: Run) {
  const logicalDate = logicalDateOf(run);
  return {
    conf: asObject(run.input),
    dag_id: dagIdOf(run.workflow),
    dag_run_id: dagRunIdOf(run),
    state: airflowState(run.state),
    run_type: run.run_type,
    external_trigger: run.run_type === 'manual',
    execution_date: logicalDate,
    logical_date: logicalDate,
    data_interval_start: logicalDate,
    data_interval_end: logicalDate,
    start_date: run.started_at,
    end_date: run.ended_at,
    last_scheduling_decision: run.started_at,
    note: run.note,
  };
}

const asObject = (input: unknown) => (typeof input === 'object' && input !== null && !Array.isArray(input) ? input : {});
