import type { ColumnResult, JudgingSettings, DriftVerdict } from '../../contracts/drift.ts';
import type { Uncorrected } from './judgeColumn.ts';
import { holm } from './statistics/pValues.ts';

/** A column has drifted where the difference is as large as its threshold and beyond chance; each of the two families is corrected by itself. */
export function correct(columns: readonly Uncorrected[], { alpha }: Pick<JudgingSettings, 'alpha'>): ColumnResult[] {
  const adjusted = new Map<Uncorrected, number>();
  for (const about of ['input', 'quality'] as const) {
    const family = columns.filter((column) => column.about === about && column.p !== null);
    holm(family.map(({ p }) => p!)).forEach((p, at) => adjusted.set(family[at]!, p));
  }
  return columns.map((column) => {
    const p = adjusted.get(column);
    if (p === undefined) return { ...column, p_adjusted: null, state: 'not_judged' };
    return { ...column, p_adjusted: p, state: p <= alpha && column.score! >= 1 ? 'drifted' : 'stable' };
  });
}

/** Whether answers do worse, or only what comes in has changed, or neither; a side of which nothing was judged is unknown. */
export function verdictOf(columns: readonly ColumnResult[]): DriftVerdict {
  const stateOf = (about: ColumnResult['about']) => {
    const states = columns.filter((column) => column.about === about).map(({ state }) => state);
    return states.includes('drifted') ? 'drifted' : states.includes('stable') ? 'stable' : 'unknown';
  };
  const quality = ({ drifted: 'hurt', stable: 'holds', unknown: 'unknown' } as const)[stateOf('quality')];
  const input = ({ drifted: 'moved', stable: 'stable', unknown: 'unknown' } as const)[stateOf('input')];
  return {
    quality,
    input,
    says: `${INPUT_SAYS[input]}${input === 'moved' && quality === 'holds' ? ', but ' : '; '}${QUALITY_SAYS[quality]}`,
  };
}

const INPUT_SAYS = { moved: 'the input moved', stable: 'the input is as it was', unknown: 'the input could not be judged' } as const;
const QUALITY_SAYS = {
  hurt: 'answers do worse',
  holds: 'answers do as well as before',
  unknown: 'whether answers do worse could not be judged',
} as const;
