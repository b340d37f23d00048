import type { DriftColumn } from '../../contracts/drift.ts';
import type { Database } from '../../platform/postgres.ts';
import { ratioOf, type RatioSums } from '../abTests/estimates.ts';
import { judged, judgeNumbers, notJudged, type Sized, type Uncorrected } from './judgeColumn.ts';
import { thresholdOf, tooFew, type Limits } from './judgeInput.ts';
import { firstServed, readScores, sumClicks, sumHits, type ServedVersion } from './readAnswers.ts';
import type { Window } from './reference.ts';
import { normalTail } from './statistics/pValues.ts';

/** How the version answers and does, beside its own first days: as many as the window has. */
export async function judgeAnswers(db: Database, served: ServedVersion, window: Window, limits: Limits): Promise<Uncorrected[]> {
  const since = (await firstServed(db, served))?.getTime();
  const before = since === undefined ? null : { from: since, to: since + window.to - window.from };
  const why =
    before === null
      ? 'this version has not answered anybody'
      : before.to > window.from
        ? 'this version has not answered for two windows'
        : null;
  if (before === null || why !== null)
    return (['scores', 'click_through_rate', 'hr_at_10'] as const).map((column) => notJudged({ column, events: 0, users: 0 }, why!));
  const both = async <T>(read: (db: Database, served: ServedVersion, window: Window) => Promise<T>) =>
    [await read(db, served, before), await read(db, served, window)] as const;
  return [
    judgeScores(...(await both(readScores)), limits),
    judgeLoss('click_through_rate', 'answers', ...(await both(sumClicks)), limits),
    judgeLoss('hr_at_10', 'choices after an answer', ...(await both(sumHits)), limits),
  ];
}

function judgeScores(reference: Float64Array, live: Float64Array, limits: Limits): Uncorrected {
  const sized: Sized = { column: 'scores', events: live.length, users: live.length, threshold: thresholdOf('scores', limits) };
  const few = [reference, live].map(({ length: users }) =>
    tooFew({ events: users, users }, { ...limits, min_events: limits.min_users }, 'users with an answer'),
  );
  const why = few[1] ?? (few[0] && `in the version's first days: ${few[0]}`);
  return why === undefined ? judgeNumbers(sized, reference, live) : notJudged(sized, why);
}

/** Whether a ratio over users fell, as a share of what it was; the variances by the delta method, as in A/B tests. */
function judgeLoss(column: DriftColumn, what: string, reference: RatioSums, live: RatioSums, limits: Limits): Uncorrected {
  const sized: Sized = { column, events: live.denominators, users: live.users, threshold: thresholdOf(column, limits) };
  const few = [reference, live].map(({ denominators: events, users }) => tooFew({ events, users }, limits, what));
  const why = few[1] ?? (few[0] && `in the version's first days: ${few[0]}`);
  if (why !== undefined) return notJudged(sized, why);
  const [then, now] = [ratioOf(reference), ratioOf(live)];
  if (then.value === 0) return notJudged(sized, `it was 0 in the version's first days`);
  const deviation = Math.sqrt(then.variancePerUser / then.users + now.variancePerUser / now.users);
  const loss = then.value! - now.value!;
  return judged(sized, {
    effect: "loss, as a share of what it was in the version's first days",
    value: Math.max(0, loss / then.value!),
    test: 'difference of two ratios, counted in users',
    p: deviation === 0 ? (loss > 0 ? 0 : 1) : normalTail(loss / deviation),
    most: loss > 0 ? 'lower' : 'not lower',
    measures: {},
    classes: [{ label: column, reference: then.value!, live: now.value!, low: null, high: null }],
  });
}
