import { ask, type Question } from './registryLoad.ts';
import { MANY, MODELS, type Experiments, type RowsOf, type Sizes } from './registryRows.ts';
import type { RegistryServer } from './registryServers.ts';
import { runSql } from './servers.ts';

export const numbered = <T>(count: number, of: (nth: number) => T): T[] => Array.from({ length: count }, (_, nth) => of(nth));
export const call = (path: string, body?: object): Question => ({ path: `/api/2.0/mlflow/${path}`, ...(body && { body }) });

/** Makes experiments and models by the server's own calls, then all that is in them by SQL. */
export async function fillRegistry(
  { url, databaseUrl }: Pick<RegistryServer, 'url' | 'databaseUrl'>,
  rowsOf: RowsOf,
  sizes: Sizes,
): Promise<Experiments> {
  const create = async (name: string) =>
    Number(((await ask(url, call('experiments/create', { name }))) as { experiment_id: string }).experiment_id);
  const experiments = { searched: await create('searched'), compared: await create('compared'), large: await create('large') };
  for (const name of [...numbered(MODELS, (nth) => `model ${nth + 1}`), MANY]) await ask(url, call('registered-models/create', { name }));
  await runSql(databaseUrl, rowsOf(sizes, experiments));
  return experiments;
}
