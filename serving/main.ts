import { listenHttp } from '../platform/http/app.ts';
import { runProcess } from '../platform/process.ts';
import { openTensorflow } from '../platform/tensorflow.ts';
import { connectServing } from './connect.ts';

/** The model server. */
await runProcess('serving', async (context) => {
  const { config, log } = context;
  const tensorflow = await openTensorflow(config.tfBackend);
  const serving = connectServing({ ...config, tensorflow }, context);
  context.onShutdown('engines', () => serving.close());
  const server = await listenHttp(serving.app, { host: config.host, port: config.ports.SERVING_PORT });
  context.drainOnShutdown('http', () => server.close());
  log.info({ port: server.port, tensorflow: tensorflow.backend }, 'listening');
});
