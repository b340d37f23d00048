import type { MirrorState } from './registry.ts';

/** `http://ml:5000 was reached; 2 runs, 1 model and 1 version behind` */
export function mirrorText({ target, reached_at, failure, behind: { runs, models, versions }, refused }: MirrorState): string {
  const reached = failure ?? `${target} ${reached_at === null ? 'was not asked yet' : 'was reached'}`;
  const counts = `${counted(runs, 'run')}, ${counted(models, 'model')} and ${counted(versions, 'version')}`;
  const behind = runs + models + versions === 0 ? 'nothing is behind' : `${counts} behind`;
  return [`mirror of the registry: ${reached}`, behind, ...refused.map((what) => `refused: ${what}`)].join('; ');
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
