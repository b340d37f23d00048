/**
 * `npm run mlflow:page -- [port]`: MLflow's own web page over this platform's registry, on http://127.0.0.1:5050. The registry is what runs on MLFLOW_PORT of
 * this machine; who may see and do what is decided there.
 */
import { parseArgs } from 'node:util';
import { readConfig } from '../platform/config.ts';
import { installPage } from './local/mlflowPage/installPage.ts';
import { listenPage } from './local/mlflowPage/listenPage.ts';

const USUAL_PORT = 5050;

const { positionals } = parseArgs({ allowPositionals: true });
const { cacheDir, ports } = readConfig();
const folder = await installPage(cacheDir);
const port = Number(positionals[0] ?? USUAL_PORT);
const page = await listenPage({ folder, host: '127.0.0.1', port, registryUrl: `http://127.0.0.1:${ports.MLFLOW_PORT}` });
process.stdout.write(`MLflow's page: ${page.url}  (Ctrl-C ends it)\n`);
