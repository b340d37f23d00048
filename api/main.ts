import { SURFACE_PORTS } from '../platform/config.ts';
import { listenHttp } from '../platform/http/app.ts';
import { runProcess } from '../platform/process.ts';
import { connectApi } from './connect.ts';
import { createLeadingApp } from './console/leadingApp.ts';
import { SURFACES } from './surfaces.ts';

/** The REST API and the surfaces that other tools' clients know, each on a port of its own. */
await runProcess('api', async (context) => {
  const { config, log } = context;
  const api = await connectApi(config, context);
  context.onShutdown('engines', () => api.close());
  const servers: { close(): Promise<void> }[] = [];
  context.drainOnShutdown('http', () => Promise.all(servers.map((server) => server.close())));
  // Made before the place is taken: callers of the process before are not to wait for it.
  const apps = config.surfaces.map((surface, at) => ({ surface, app: SURFACES[surface]({ ...api.deps, showsMetrics: at === 0 }) }));
  const portPatienceMs = await context.takePlace();
  for (const { surface, app } of apps) {
    const port = config.ports[SURFACE_PORTS[surface]];
    const server = await listenHttp(app, { host: config.host, port, portPatienceMs });
    servers.push(server);
    log.info({ surface, port: server.port }, 'listening');
  }
  if (!config.kafka.external && config.surfaces.includes('api')) await leadToEvents(portPatienceMs);

  /** Where others have a page for Kafka. That it leads nowhere, since somebody has the port, is no reason to serve nothing. */
  async function leadToEvents(portPatienceMs: number) {
    const { host, ports } = config;
    const app = createLeadingApp({ ...api.deps, showsMetrics: false }, '/console/events');
    try {
      servers.push(await listenHttp(app, { host, port: ports.KAFKA_UI_PORT, portPatienceMs }));
    } catch (error) {
      log.warn({ err: error, port: ports.KAFKA_UI_PORT }, 'no browser is led to the console from there');
    }
  }
});
