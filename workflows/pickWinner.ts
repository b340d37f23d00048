import { PRIMARY_METRIC } from '../contracts/models.ts';
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
    const [first, ...others] = rivals;
    if (!first) continue;
    const isBetter = (a: number, b: number) => (first.better === 'higher' ? a > b : a < b);
    const { name, version, value } = others.reduce((best, rival) => (isBetter(rival.value, best.value) ? rival : best), first);
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
