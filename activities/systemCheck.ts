import type { FullSystemCheckResult } from '../contracts/systemCheck.ts';
import type { Config } from '../platform/config.ts';
import { leastSecret } from '../platform/leastSecret.ts';
import type { Logger } from '../platform/log.ts';
import { checkSystems, systemPlaces } from '../platform/systemCheck.ts';

export const createSystemCheckActivities = ({ config, log }: { config: Config; log: Logger }) => ({
  /** What `mlops check` asks, with the secret of the least role that there is. */
  async askSystems(): Promise<FullSystemCheckResult> {
    const checked_at = new Date().toISOString();
    const secret = leastSecret(config.access, 'viewer');
    const systems = await checkSystems(systemPlaces(config), secret === undefined ? {} : { 'x-api-key': secret });
    const failed = systems.filter(({ state }) => state === 'failed');
    if (failed.length > 0) log.warn({ failed: failed.map(({ part, answer }) => `${part}: ${answer}`) }, 'systems are not well');
    return { ok: failed.length === 0, checked_at, systems };
  },
});

export type SystemCheckActivities = ReturnType<typeof createSystemCheckActivities>;
