import type { Command } from 'commander';
import type { ScaledService, ScalingAlert } from '../contracts/scaling.ts';
import { timeText, withZone } from './format.ts';
import type { Perform } from './session.ts';
import { heads, table, type Terminal } from './terminal.ts';

/** `scaling`: how many replicas of each service are wanted, and why. */
export function addScalingCommand(program: Command, perform: Perform): void {
  program
    .command('scaling')
    .description('How many replicas of each service are wanted, as an autoscaler reads it; of one, its alerts too')
    .argument('[service]', 'name of the service')
    .action((service: string | undefined, _options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        if (service === undefined) {
          const answer = await api.scaling.list();
          return { json: answer, text: renderServices(terminal, answer.services) };
        }
        const one = await api.scaling.get({ params: { service } });
        return { json: one, text: [renderServices(terminal, [one]), renderAlerts(terminal, one.alerts)].join('\n\n') };
      }),
    );
}

const when = (terminal: Terminal, time: string | null) => (time === null ? '-' : timeText(terminal, time));

function renderServices(terminal: Terminal, services: readonly ScaledService[]): string {
  if (services.length === 0) return 'No service has told how it does within a week.';
  const rows = services.map(({ service, state, wanted_replicas, raised_at, last_sample_at, reason }) => [
    ...[service, state, String(wanted_replicas), when(terminal, raised_at), when(terminal, last_sample_at), reason ?? ''],
  ]);
  return withZone(terminal, table(terminal, heads('SERVICE', 'STATE', 'WANTED', 'RAISED', 'LAST SAMPLE', 'WHY'), rows));
}

function renderAlerts(terminal: Terminal, alerts: readonly ScalingAlert[]): string {
  if (alerts.length === 0) return 'No alert was raised.';
  const rows = alerts.map(({ raised_at, resolved_at, wanted_replicas, reason, resolved_reason }) => [
    ...[timeText(terminal, raised_at), when(terminal, resolved_at), String(wanted_replicas), reason, resolved_reason ?? ''],
  ]);
  return table(terminal, heads('RAISED', 'RESOLVED', 'WANTED', 'WHY', 'RESOLVED SINCE'), rows);
}
