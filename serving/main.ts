import { listenHttp } from '../platform/http/app.ts';
import { runProcess } from '../platform/process.ts';
import { connectServing } from './connect.ts';
import { startScoringProcesses } from './scoring/scoringProcesses.ts';

/** The model server: HTTP here, and the processes that score. */
await runProcess('serving', async (context) => {
  const { config, log } = context;
  const serving = connectServing(config, context, (events) => startScoringProcesses(config.scoring, { ...events, log }));
  context.onShutdown('engines', () => serving.close());
  const portPatienceMs = await context.takePlace();
  const server = await listenHttp(serving.app, { host: config.host, port: config.ports.SERVING_PORT, portPatienceMs });
  context.drainOnShutdown('http', () => server.close());
  log.info({ port: server.port, scoring_processes: config.scoring.processes }, 'listening');
});
