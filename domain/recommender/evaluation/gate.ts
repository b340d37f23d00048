import { permanent } from '../../../contracts/failures.ts';
import type { ChampionComparison, GateEvidence, GateSettings, Interval } from '../../../contracts/gate.ts';
import { PRIMARY_METRIC, type ModelName } from '../../../contracts/models.ts';
import type { GateVerdict, Metrics, ReportRef } from '../../../contracts/training.ts';

export interface Candidate {
  readonly name: ModelName;
  readonly metrics: Metrics;
  /** Popularity's figures on the same questions. */
  readonly baseline: Metrics;
  readonly evidence: GateEvidence;
  readonly bytes: number;
}

type Rule = GateVerdict['rules'][number];

/** Whether a version may become champion, and by which rules and numbers. Differences are gains: positive is better, whatever the metric. */
export function judge(candidate: Candidate, settings: GateSettings): GateVerdict {
  const { evidence, bytes } = candidate;
  const rules = [
    beatsPopularity(candidate, settings),
    notWorseThanChampion(candidate, settings),
    lossRuledOut(candidate, settings),
    slicesHold(evidence.champion, settings),
    keepsCatalogues(evidence.champion),
    within('latency_within_budget', evidence.latency_ms, settings.max_latency_ms, 'ms to rank every movie for one user, 95th percentile'),
    within('size_within_budget', bytes, settings.max_model_bytes, 'bytes of model files'),
  ];
  return { passed: rules.every(({ passed }) => passed), rules };
}

/**
 * What the gate goes by, where the report was held against the version that is champion now.
 * @param championVersion null where there is no champion
 * @throws Failure `ChampionChanged` where it was held against another
 */
export function evidenceAgainst({ evidence }: Pick<ReportRef, 'evidence'>, championVersion: string | null): GateEvidence {
  const compared = evidence.champion?.version ?? null;
  if (compared === championVersion) return evidence;
  const name = (version: string | null) => (version === null ? 'no champion' : `version ${version}`);
  throw permanent('ChampionChanged', `the model was compared with ${name(compared)}, and ${name(championVersion)} stands now`);
}

function beatsPopularity({ name: model, metrics, baseline, evidence }: Candidate, settings: GateSettings): Rule {
  const rule = 'beats_popularity';
  const { name } = PRIMARY_METRIC[model];
  const [value, bound] = [metrics[name] ?? null, baseline[name] ?? null];
  if (model === 'popularity') return { rule, passed: true, value, bound: null, detail: 'exempt: popularity is the baseline itself' };
  const gain = measured(evidence.gain_over_popularity);
  if (!gain || bound === null) return unmeasured(rule, name, bound);
  const least = settings.min_gain_over_popularity * bound;
  const detail = `${name} ${show(value)}, popularity's ${show(bound)}: the gain ${showGain(gain, settings)} must be above ${show(least)} beyond chance`;
  return { rule, passed: gain.low > least, value, bound, detail };
}

function notWorseThanChampion({ name: model, metrics, evidence: { champion } }: Candidate, settings: GateSettings): Rule {
  const rule = 'not_worse_than_champion';
  const { name } = PRIMARY_METRIC[model];
  const value = metrics[name] ?? null;
  const nothing = nothingToCompare(rule, value, champion);
  if (nothing) return nothing;
  const gain = measured(champion!.gain);
  if (!gain) return unmeasured(rule, name, champion!.value);
  const detail = `${against(champion!, name)}: the gain ${showGain(gain, settings)} must not be below 0 beyond chance; ${champion!.note}`;
  return { rule, passed: gain.high >= 0, value, bound: champion!.value, detail };
}

/** Too few users make any two models alike beyond chance; what they cannot tell must not promote. */
function lossRuledOut({ name: model, evidence: { champion } }: Candidate, settings: GateSettings): Rule {
  const rule = 'loss_to_champion_ruled_out';
  const nothing = nothingToCompare(rule, null, champion);
  if (nothing) return nothing;
  const gain = measured(champion!.gain);
  if (!gain || champion!.value === null) return unmeasured(rule, PRIMARY_METRIC[model].name, champion!.value);
  const bound = -settings.max_loss_to_champion * champion!.value;
  const detail = `the lower end of the gain ${showGain(gain, settings)} must be at least ${show(bound)}, ${percent(settings.max_loss_to_champion)} of the champion's ${show(champion!.value)}`;
  return { rule, passed: gain.low >= bound, value: gain.low, bound, detail };
}

function slicesHold(champion: ChampionComparison | null, settings: GateSettings): Rule {
  const rule = 'slices_hold';
  const nothing = nothingToCompare(rule, null, champion);
  if (nothing) return nothing;
  const judged = champion!.slices.filter(({ users }) => users >= settings.min_slice_users);
  const worst = judged
    .map(({ slice, value, gain, users }) => ({ slice, gain, users, value, bound: -settings.max_slice_loss * value }))
    .filter(({ gain, bound }) => gain.high < bound)
    .sort((a, b) => a.gain.value - b.gain.value)[0];
  const limit = `a loss of more than ${percent(settings.max_slice_loss)} beyond chance`;
  if (!worst) {
    return { rule, passed: true, value: null, bound: null, detail: `none of ${judged.length} slices has ${limit}` };
  }
  const { slice, gain, users, value, bound } = worst;
  const detail = `${slice}, ${users} users: the champion has ${show(value)}, and the gain ${showGain(gain, settings)} is ${limit}`;
  return { rule, passed: false, value: gain.value, bound, detail };
}

/** The questions are of the challenger's own catalogues: what it cannot recommend at all, no figure above shows. */
function keepsCatalogues(champion: ChampionComparison | null): Rule {
  const rule = 'keeps_the_catalogues';
  const catalogues = champion?.catalogues;
  if (!champion || !catalogues) return { rule, passed: true, value: null, bound: null, detail: 'there are no catalogues to compare with' };
  const { known, lost } = catalogues;
  const passed = lost.length === 0;
  const detail = passed
    ? `it answers for every catalogue that the champion, version ${champion.version}, answers for`
    : `it knows ${inWords(known)} alone; the champion, version ${champion.version}, also answers for ${inWords(lost)}: train without --set, or put it on a route of its own`;
  return { rule, passed, value: lost.length, bound: 0, detail };
}

const inWords = (catalogues: readonly (string | null)[]) =>
  catalogues.map((name) => name ?? 'the shared catalogue').join(' and ') || 'nothing';

const within = (rule: string, value: number, bound: number, what: string): Rule => ({
  rule,
  passed: value <= bound,
  value,
  bound,
  detail: `${value} of at most ${bound} ${what}`,
});

/** A champion that cannot be asked cannot serve either. */
function nothingToCompare(rule: string, value: number | null, champion: ChampionComparison | null): Rule | null {
  if (champion && champion.value !== null) return null;
  const detail = champion
    ? `there is nothing to compare with: version ${champion.version}, ${champion.note}`
    : 'there is no champion to compare with';
  return { rule, passed: true, value, bound: null, detail };
}

const unmeasured = (rule: string, metric: string, bound: number | null): Rule => ({
  rule,
  passed: false,
  value: null,
  bound,
  detail: `${metric} was not measured`,
});

const measured = (gain: Interval | null): Interval | null =>
  gain && [gain.value, gain.low, gain.high].every(Number.isFinite) ? gain : null;
const against = ({ version, value }: ChampionComparison, metric: string) =>
  `${metric} of the champion, version ${version}, is ${show(value)}`;
const showGain = ({ value, low, high }: Interval, { confidence }: GateSettings) =>
  `${show(value)} (${percent(confidence)} interval ${show(low)} to ${show(high)})`;
const show = (figure: number | null) => figure?.toFixed(4) ?? 'not measured';
const percent = (share: number) => `${Number((100 * share).toFixed(1))} %`;
