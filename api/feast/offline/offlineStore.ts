import PQueue from 'p-queue';
import { unavailable } from '../../../contracts/failures.ts';
import type { Role } from '../../../contracts/roles.ts';
import { admit, refuseSmallerRole } from '../../../platform/http/access.ts';
import type { Http2Side } from '../../../platform/http/splitProtocols.ts';
import type { ApiDeps } from '../../deps.ts';
import { readCommand, type OfflineCommand } from './commands.ts';
import type { FlightData } from './flightData.ts';
import { createFlightServer, type FlightCall } from './flightServer.ts';
import { answerHistorical } from './historicalFeatures.ts';
import { takeOfflineRows } from './offlineRows.ts';
import { findSource, sendColumns } from './sources.ts';
import { readTable } from './table.ts';

/** Each may hold a table; another one is told to come again. */
const CALLS_AT_ONCE = 16;

/** What each call needs, as for the routes that do the same by HTTP. */
export const OFFLINE_ROLES: Readonly<Record<OfflineCommand['api'], Role>> = {
  get_historical_features: 'viewer',
  get_table_column_names_and_types_from_data_source: 'viewer',
  validate_data_source: 'viewer',
  offline_write_batch: 'operator',
};

/**
 * Feast's remote offline store, by Arrow Flight, on the port of the feature server. What of it is answered, and why so, is in
 * docs/decisions/feast-offline-store.md.
 */
export function createOfflineStore(deps: ApiDeps): Http2Side {
  const answer = createAnswers(deps);
  let open = 0;
  return createFlightServer(deps, async (call) => {
    const principal = await admit(deps, call.asking);
    if (open >= CALLS_AT_ONCE) throw unavailable(`the offline store, which answers ${CALLS_AT_ONCE} others,`);
    open += 1;
    try {
      const sent: FlightData[] = [];
      let command: OfflineCommand | undefined;
      for await (const message of call.messages) {
        command ??= readCommand(message.command);
        refuseSmallerRole(principal, OFFLINE_ROLES[command.api]);
        sent.push(message);
      }
      command ??= readCommand(undefined);
      await answer(command, sent, call);
      return command.api;
    } finally {
      open -= 1;
    }
  });
}

function createAnswers({ definitions, pool, reportPool, onlineStore: store }: ApiDeps) {
  /** One join at a time, which leaves the other connection of this pool to reports. */
  const joins = new PQueue({ concurrency: 1 });

  return async (command: OfflineCommand, sent: readonly FlightData[], { writer, signal }: FlightCall): Promise<void> => {
    switch (command.api) {
      case 'get_historical_features': {
        const table = readTable(sent);
        return joins.add(async () => {
          signal.throwIfAborted();
          await answerHistorical({ pool: reportPool, definitions }, command, table, writer);
        });
      }
      case 'get_table_column_names_and_types_from_data_source':
        return sendColumns(findSource(definitions, command.data_source_proto), writer);
      case 'validate_data_source':
        return void findSource(definitions, command.data_source_proto);
      case 'offline_write_batch':
        return takeOfflineRows({ pool, store, definitions }, command.feature_view_names[0]!, readTable(sent));
    }
  };
}
