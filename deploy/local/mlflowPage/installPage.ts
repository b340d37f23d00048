import path from 'node:path';
import { installEngine, MLFLOW_PAGE } from '../setup/engines.mjs';

/** Fetches MLflow's web page into the cache where it is not there yet. @returns the folder with its `index.html` */
export async function installPage(cacheDir: string): Promise<string> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  await installEngine(MLFLOW_PAGE, { cacheDir, env: process.env, step: { say }, note: say });
  return path.join(cacheDir, MLFLOW_PAGE.entry, 'mlflow', 'server', 'js', 'build');
}
