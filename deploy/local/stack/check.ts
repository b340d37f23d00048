import type { SystemCheck } from '../../../contracts/systemCheck.ts';
import type { Config } from '../../../platform/config.ts';
import { checkSystems, systemPlaces } from '../../../platform/systemCheck.ts';

/** Asks the nine systems of the stack that this configuration describes. */
export function runCheck(config: Config): Promise<SystemCheck[]> {
  const { apiKey } = config.client;
  return checkSystems(systemPlaces(config), apiKey === undefined ? {} : { 'x-api-key': apiKey });
}
