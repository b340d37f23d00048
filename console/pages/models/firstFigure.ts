/** Looked for in this order in a model that clients registered: nobody says what it is judged by. */
const OF_OTHERS = ['full_ndcg_at_10', 'ndcg_at_10', 'hr_at_10', 'rmse'] as const;

/**
 * The figure of a version that people look at first: that by which the models of its name are judged, which the list of models of the command shows too.
 * @param judgedBy the metric of each name that the platform trains
 */
export function firstFigure(
  { name, metrics }: { readonly name: string; readonly metrics: Readonly<Record<string, number>> },
  judgedBy: Readonly<Record<string, string>>,
): { readonly metric: string; readonly value: number } | undefined {
  const own = judgedBy[name];
  const metric = (own === undefined ? OF_OTHERS : [own]).find((one) => metrics[one] !== undefined);
  return metric === undefined ? undefined : { metric, value: metrics[metric]! };
}
