import { PRIMARY_METRIC } from '../contracts/models.ts';
import { gainOf } from '../contracts/specs/modelSpec.ts';
import type { ModelResult, Winner } from '../contracts/training.ts';

/**
 * The best of the models that were made. Those judged by how they rank come before those judged by the ratings they predict, since the platform
 * serves rankings; among these the best figure wins, and the one that was named first where two are equal. All were asked the same questions.
 */
export function pickWinner(made: readonly ModelResult[]): Winner | null {
  for (const metric of ['ndcg_at_10', 'rmse'] as const) {
    const rivals = made.flatMap(({ model, report, version }) => {
      const primary = PRIMARY_METRIC[model.name];
      const value = report.metrics[metric];
      return primary.name === metric && value !== undefined ? [{ ...version, value, better: primary.better }] : [];
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
