import type { RunDetail, RunStep } from '../../../contracts/runs.ts';

/** A step of a workflow as the build knows it. */
interface PlannedStep {
  readonly step: string;
  readonly isRare: boolean;
  /** Each part of the run does it, such as each model of a training */
  readonly isOfPart: boolean;
}

/** One piece of a run's work, with each time that it was tried. */
export interface StepRow {
  readonly key: string;
  readonly step: string;
  readonly subject: string | null;
  readonly part: string | null;
  readonly attempts: readonly RunStep[];
  /** Of the latest attempt; `planned`: it has not begun */
  readonly state: RunStep['state'] | 'planned';
}

/** What each picture of a run's steps is given: the row that is shown in full, and how another is chosen. */
export interface StepsOfRun {
  readonly run: RunDetail;
  readonly rows: readonly StepRow[];
  readonly chosen: string | undefined;
  readonly onChoose: (key: string) => void;
}

export interface Column {
  readonly step: string;
  readonly rows: readonly StepRow[];
}

const keyOf = ({ step, subject, part }: Pick<StepRow, 'step' | 'subject' | 'part'>): string => [step, subject ?? '', part ?? ''].join('|');

/** The attempts of a run by what they are about, in the order in which each was first begun. */
export function rowsOf(steps: readonly RunStep[]): StepRow[] {
  const byKey = new Map<string, RunStep[]>();
  for (const attempt of [...steps].sort((a, b) => a.started_at.localeCompare(b.started_at) || a.attempt - b.attempt)) {
    const key = keyOf(attempt);
    byKey.set(key, [...(byKey.get(key) ?? []), attempt]);
  }
  return [...byKey].map(([key, attempts]) => {
    const latest = attempts.at(-1)!;
    return { key, step: latest.step, subject: latest.subject, part: latest.part, attempts, state: latest.state };
  });
}

/**
 * A run's steps from left to right: those that its workflow has, then whatever else it did.
 * @param showsPlanned whether steps that have not begun are shown too: while a run goes on they will come, to each part of it that has not failed
 */
export function columnsOf(planned: readonly PlannedStep[], rows: readonly StepRow[], showsPlanned: boolean): Column[] {
  const parts = partsUnderWay(planned, rows);
  const others = rows.map(({ step }) => step).filter((step) => !planned.some((known) => known.step === step));
  // In each column the parts stand alike, so that few lines cross.
  const subjects = [...new Set(rows.map(({ subject }) => subject))];
  const alike = (column: readonly StepRow[]) => column.toSorted((a, b) => subjects.indexOf(a.subject) - subjects.indexOf(b.subject));
  const order = [...planned.map(({ step }) => step), ...new Set(others)];
  return order.flatMap((step) => {
    const begun = alike(rows.filter((row) => row.step === step));
    const known = planned.find((one) => one.step === step);
    if (!showsPlanned || !known || known.isRare) return begun.length > 0 ? [{ step, rows: begun }] : [];
    if (begun.length === 0) return [{ step, rows: [toCome(step, null)] }];
    const left = known.isOfPart ? parts.filter((part) => begun.every(({ subject }) => subject !== part)) : [];
    return [{ step, rows: alike([...begun, ...left.map((part) => toCome(step, part))]) }];
  });
}

/** Parts of a run that have begun a step of theirs, and have not failed: each comes to the steps that others have come to. */
function partsUnderWay(planned: readonly PlannedStep[], rows: readonly StepRow[]): string[] {
  const own = rows.filter(({ step }) => planned.some((known) => known.step === step && known.isOfPart));
  const begun = new Set(own.flatMap(({ subject }) => subject ?? []));
  return [...begun].filter((part) => own.every(({ subject, state }) => subject !== part || (state !== 'failed' && state !== 'cancelled')));
}

const toCome = (step: string, subject: string | null): StepRow => ({
  ...{ key: keyOf({ step, subject, part: null }), step, subject, part: null, attempts: [], state: 'planned' },
});

/** Whether what one did is what the other goes on with. */
export const leadsTo = (from: StepRow, to: StepRow): boolean => fits(from.subject, to.subject) && fits(from.part, to.part);
const fits = (a: string | null, b: string | null) => a === null || b === null || a === b;

/** From the first begin to the last end, in milliseconds since 1970. @param now for what goes on */
export function spanOf(steps: readonly RunStep[], now: number): { readonly from: number; readonly until: number } {
  const from = Math.min(...steps.map(({ started_at }) => Date.parse(started_at)));
  const until = Math.max(...steps.map(({ ended_at }) => (ended_at === null ? now : Date.parse(ended_at))));
  return { from, until: Math.max(until, from + 1) };
}

const STEPS_OF_TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400];
const MOST_TICKS = 6;

/** Round moments of a span, in milliseconds from its begin. */
export function ticksOf(spanMs: number): number[] {
  const every = 1_000 * (STEPS_OF_TICKS.find((seconds) => spanMs / (1_000 * seconds) <= MOST_TICKS) ?? spanMs / 1_000 / MOST_TICKS);
  return Array.from({ length: Math.floor(spanMs / every) + 1 }, (_none, at) => at * every);
}
