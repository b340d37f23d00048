import { answeringOf } from '../../answering.ts';
import { api } from '../../api/calls.ts';
import { Empty, Link } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { t } from './words/index.ts';

/**
 * When the registry last changed a model that the route asks, in milliseconds since 1970; null before any was trained, while there is nobody to ask. A route
 * that there is not is for the API to name.
 */
export async function readModels(name: string, signal: AbortSignal): Promise<{ readonly changedAt: number | null }> {
  const [{ routes }, { models }] = await Promise.all([api.routes.list({ signal }), api.models.list({ signal })]);
  const route = routes.find((one) => one.route === name);
  if (!route) return { changedAt: 0 };
  const answering = answeringOf(
    route.variants.flatMap((variant) => variant.models),
    models,
  );
  const changes = answering.map((model) => Date.parse(models.find((one) => one.name === model)?.updated_at ?? '') || 0);
  return { changedAt: changes.length === 0 ? null : Math.max(...changes) };
}

/** In place of an answer, before any model of the route was trained. */
export const Untrained = () => (
  <Empty title={t('try.untrained')}>
    <p>{t('try.untrainedNext')}</p>
    <Link to="/pipelines/start/movieTrainingPipeline" class="button primary">
      {t('models.train')}
    </Link>
    <Command of={['train']} />
  </Empty>
);
