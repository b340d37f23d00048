import { collectDefaultMetrics, Registry } from 'prom-client';

/** The metrics registry of one process: Node's own figures and whatever its parts add. Every line carries the process's name. */
export function createMetrics(processName: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ process: processName });
  collectDefaultMetrics({ register: registry });
  return registry;
}
