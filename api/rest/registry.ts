import { registry } from '../../contracts/endpoints/registry.ts';
import { conflict } from '../../contracts/failures.ts';
import { readMirror } from '../../domain/mirror/marks.ts';
import { withAuthor } from '../../domain/registry/author.ts';
import { createDescribedExperiment, listExperiments } from '../../domain/registry/describedExperiments.ts';
import { listModels } from '../../domain/registry/models.ts';
import { promoteVersion } from '../../domain/registry/promote.ts';
import { resetRegistry } from '../../domain/registry/reset.ts';
import { transitionStage } from '../../domain/registry/versions.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Endpoint } from './endpoint.ts';
import { readModelPage } from './models.ts';

/** The registry as the execution guide asks it. */
export const createRegistryEndpoints = ({
  pool,
  reportPool,
  allowRegistryReset,
  mirrorUrl,
}: Pick<ApiDeps, 'pool' | 'reportPool' | 'allowRegistryReset' | 'mirrorUrl'>): Endpoint[] => [
  endpoint(registry.experiments, async () => ({ experiments: await listExperiments(pool) })),
  endpoint(registry.createExperiment, ({ body }) => createDescribedExperiment(pool, body)),
  endpoint(registry.models, async () => ({ models: await listModels(pool) })),
  endpoint(registry.model, ({ params: { name }, query }) => readModelPage(pool, name, query)),
  endpoint(registry.stageTransition, ({ body, principal }) => {
    const { model_name: name, version, stage, archive_existing_versions: archiveOthers, description: reason } = body;
    return withAuthor(pool, { name: principal.name, reason }, (db) => transitionStage(db, { name, version, stage, archiveOthers }));
  }),
  endpoint(registry.promote, ({ params: { name }, body: { version, description: reason, force }, principal }) =>
    promoteVersion(pool, { name, version, force }, { name: principal.name, reason }),
  ),
  endpoint(registry.mirror, async () => ({ mirror: mirrorUrl === undefined ? null : await readMirror(reportPool, mirrorUrl) })),
  endpoint(registry.reset, async () => {
    if (!allowRegistryReset) throw conflict('The registry is emptied only where the API was started with ALLOW_REGISTRY_RESET=1');
    return resetRegistry(pool);
  }),
];
