import { PRIMARY_METRIC } from '../contracts/models.ts';
import { BY_RANKING, BY_RATING, gainOf } from '../contracts/specs/modelSpec.ts';
import type { ModelResult, Winner } from '../contracts/training.ts';

/**
 * The best of the models that were made. Those judged by how they rank come before those judged by the ratings they predict, since the platform
 * serves rankings; among these the best figure wins, and the one that was named first where two are equal. All were asked the same questions.
 * @param ranking the metric of those that are judged by how they rank
 */
export function pickWinner(made: readonly ModelResult[], ranking: 'full_ndcg_at_10' | 'ndcg_at_10'): Winner | null {
  for (const primary of [BY_RANKING, BY_RATING]) {
    const metric = primary === BY_RANKING ? ranking : primary.name;
    const rivals = made.flatMap(({ model, report, version }) => {
      const value = report.metrics[metric];
      return PRIMARY_METRIC[model.name].name === primary.name && value !== undefined ? [{ ...version, value, better: primary.better }] : [];
    });
    const [first] = rivals;
    if (!first) continue;
    const { name, version, value } = rivals.reduce((best, rival) => (gainOf(first, rival.value, best.value) > 0 ? rival : best), first);
    return {
      name,
      version,
      metric,
      value,
      rule: `${first.better === 'higher' ? 'highest' : 'lowest'} ${metric} of ${rivals.length} on the same split`,
    };
  }
  return null;
}
