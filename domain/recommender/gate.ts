import { PRIMARY_METRIC, type ModelKind } from '../../contracts/models.ts';
import type { GateVerdict, Metrics } from '../../contracts/training.ts';

export interface Candidate {
  readonly kind: ModelKind;
  readonly metrics: Metrics;
  /** Popularity's figures on the same split and negatives. */
  readonly baseline: Metrics;
  /** The present champion's figures, by its own report; null where there is none. */
  readonly champion: Metrics | null;
}

type Rule = GateVerdict['rules'][number];

/** Whether a version may become champion, and by which rules and numbers. */
export function judge({ kind, metrics, baseline, champion }: Candidate): GateVerdict {
  const { name, better } = PRIMARY_METRIC[kind];
  const value = metrics[name] ?? null;
  const rules = [beatsPopularity(kind, name, better, value, baseline[name]), notWorseThanChampion(name, better, value, champion?.[name])];
  return { passed: rules.every((rule) => rule.passed), rules };
}

type Better = 'higher' | 'lower';

function beatsPopularity(kind: ModelKind, metric: string, better: Better, value: number | null, bound: number | undefined): Rule {
  const rule = 'beats_popularity';
  if (kind === 'popularity') return { rule, passed: true, value, bound: null, detail: 'exempt: popularity is the baseline itself' };
  if (value === null || bound === undefined) return unmeasured(rule, metric, value, bound);
  const passed = better === 'higher' ? value > bound : value < bound;
  return { rule, passed, value, bound, detail: `${metric} ${show(value)} must be ${better} than popularity's ${show(bound)}` };
}

function notWorseThanChampion(metric: string, better: Better, value: number | null, champion: number | undefined): Rule {
  const rule = 'not_worse_than_champion';
  if (champion === undefined) return { rule, passed: true, value, bound: null, detail: 'there is no champion to compare with' };
  if (value === null) return unmeasured(rule, metric, value, champion);
  const passed = better === 'higher' ? value >= champion : value <= champion;
  const limit = better === 'higher' ? 'at least' : 'at most';
  return { rule, passed, value, bound: champion, detail: `${metric} ${show(value)} must be ${limit} the champion's ${show(champion)}` };
}

const unmeasured = (rule: string, metric: string, value: number | null, bound: number | undefined): Rule => ({
  rule,
  passed: false,
  value,
  bound: bound ?? null,
  detail: `${metric} was not measured`,
});

const show = (figure: number) => figure.toFixed(4);
