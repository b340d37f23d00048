import { permanent } from '../../contracts/failures.ts';
import type { Logger } from '../../platform/log.ts';
import type { Pool } from '../../platform/postgres.ts';
import { computeView } from './compute.ts';
import type { FeatureDefinitions } from './definitions.ts';
import { refuseUntrainable, storedFeatures } from './references.ts';
import { reportViews } from './featureReport.ts';
import type { FeatureView } from './views/view.ts';

/**
 * Sees to it that the features which a model is about to learn from are there and good: brings their views up to now, then holds every value
 * against its rule. A broken rule of severity `warn` is logged.
 * @throws Failure `FeatureNotTrainable`, or `FeatureRuleBroken` that names each broken rule of severity `refuse`
 */
export async function prepareFeatures(
  { pool, log }: { pool: Pool; log: Logger },
  definitions: FeatureDefinitions,
  references: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  refuseUntrainable(definitions, references);
  const asked = storedFeatures(definitions, references);
  const views = [...new Set(asked.map(({ view }) => view as FeatureView))];
  const end = new Date();
  for (const view of views.filter(({ sourceSql }) => sourceSql !== null)) {
    log.info({ ...(await computeView(pool, view, { end })) }, 'feature view computed');
    signal.throwIfAborted();
  }

  const isAsked = (view: string, feature: string) => asked.some(({ reference }) => reference === `${view}:${feature}`);
  const broken = (await reportViews(pool, views)).flatMap(({ view, features }) =>
    features
      .filter(({ feature, broken }) => broken.length > 0 && isAsked(view, feature))
      .map(({ feature, broken, severity }) => ({ severity, text: `${view}:${feature}: ${broken.join('; ')}` })),
  );
  for (const { text } of broken.filter(({ severity }) => severity === 'warn')) log.warn({ rule: text }, 'a feature breaks its rule');
  const refused = broken.filter(({ severity }) => severity === 'refuse').map(({ text }) => text);
  if (refused.length > 0) throw permanent('FeatureRuleBroken', refused.join('. '));
}
