import { listenHttp } from '../platform/http/app.ts';
import { runProcess } from '../platform/process.ts';
import { connectApi } from './connect.ts';

/** The REST API. */
await runProcess('api', async (context) => {
  const { config, log } = context;
  const api = await connectApi(config, context);
  context.onShutdown('engines', () => api.close());
  const server = await listenHttp(api.app, { host: config.host, port: config.ports.API_PORT });
  context.onShutdown('http', () => server.close());
  log.info({ port: server.port }, 'listening');
});
