/** `npm run monitoring:install`: puts Prometheus, promtool and Alertmanager into the cache, from where `npm start` runs them. */
import { readConfig } from '../platform/config.ts';
import { installMonitor } from './local/monitoring/install.ts';
import { BROUGHT_MONITORS, locateMonitor } from './local/monitoring/programs.ts';

const config = readConfig();
for (const name of BROUGHT_MONITORS) {
  try {
    const found = locateMonitor(config, name) ?? (await installMonitor(config.cacheDir, name));
    process.stdout.write(`${name}: ${found}\n`);
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
