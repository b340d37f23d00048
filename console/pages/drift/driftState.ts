import type { DriftSummary } from '../../../contracts/drift.ts';

/** What a report came to; none of its columns was judged where nobody has a score. */
export function stateOf({ drifted, score }: Pick<DriftSummary, 'drifted' | 'score'>): 'drifted' | 'stable' | 'not_judged' {
  if (drifted) return 'drifted';
  return score === null ? 'not_judged' : 'stable';
}
