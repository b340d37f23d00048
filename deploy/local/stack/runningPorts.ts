import { readConfig, readVariables } from '../../../platform/config.ts';
import { isAlive } from '../supervision/processIdentity.ts';
import { readState, toIdentity } from './stackState.ts';

/**
 * Ports of the stack that runs in our state folder, by their variables, where the environment and `.env` say nothing of them: it may have been started with
 * PORT_OFFSET in another terminal. Whoever works with the stack that runs takes them into their environment.
 * @returns none where none runs
 */
export function runningPorts(variables = readVariables()): Record<string, string> {
  const state = readState(readConfig(variables).stateDir);
  if (variables['PORT_OFFSET'] || !state || !isAlive(toIdentity(state.supervisor))) return {};
  return Object.fromEntries(Object.entries(state.ports).flatMap(([name, port]) => (variables[name] ? [] : [[name, String(port)]])));
}
