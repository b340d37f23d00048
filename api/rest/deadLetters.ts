import { deadLetters } from '../../contracts/endpoints/deadLetters.ts';
import { getDeadLetter, listDeadLetters } from '../../domain/events/deadLetters.ts';
import { offsetsText, parseOffsets } from '../../domain/events/readTopic.ts';
import { dropLetters, replayLetters } from '../../domain/events/settleLetters.ts';
import { auditedRequest } from '../../platform/audit.ts';
import type { Kafka } from '../../platform/kafka/kafka.ts';
import type { Pool } from '../../platform/postgres.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

export function createDeadLetterEndpoints({ pool, kafka }: { pool: Pool; kafka: Kafka }): Endpoint[] {
  const parts = { pool, kafka };
  return [
    endpoint(deadLetters.list, async ({ query }) => {
      const { letters, next, isAtEnd } = await listDeadLetters(parts, { ...query, after: parseOffsets(query.after) });
      return { dead_letters: letters, next: isAtEnd ? null : offsetsText(next) };
    }),
    endpoint(deadLetters.get, ({ params }) => getDeadLetter(parts, params.id)),
    endpoint(deadLetters.replay, async ({ body, principal }) => {
      await auditedRequest()?.begin();
      return { dead_letters: await replayLetters({ ...parts, by: principal.name }, body.ids) };
    }),
    endpoint(deadLetters.drop, async ({ body, principal }) => ({
      dead_letters: await dropLetters({ ...parts, by: principal.name }, body.ids),
    })),
  ];
}
