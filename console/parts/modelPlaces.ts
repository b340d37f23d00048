export const MODEL_TABS = [
  ['/models', 'models.registered'],
  ['/models/experiments/runs', 'models.runs'],
] as const;

export const modelPath = (name: string, version?: string): string =>
  `/models/${encodeURIComponent(name)}${version === undefined ? '' : `/versions/${version}`}`;

/** Of a run of an experiment. */
export const runPath = (id: string): string => `/models/experiments/runs/${id}`;
