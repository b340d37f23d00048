/** What the build knows of the API that it is built with, so that no schema has to travel to the browser: deploy/local/setup/buildConsole.mjs. */

export interface BuiltEndpoint {
  readonly method: string;
  readonly path: string;
}

/** A step of a workflow as it is drawn. */
export interface BuiltStep {
  readonly step: string;
  /** One for each model, or each part of the work */
  readonly isMany: boolean;
  /** Each part of the run that has a workflow of its own does it, such as each model of a training */
  readonly isOfPart: boolean;
  /** Most runs do without it */
  readonly isRare: boolean;
}

export interface BuiltWorkflow {
  readonly name: string;
  readonly prefix: string | null;
  readonly steps: readonly BuiltStep[];
}

/** A panel of the overview that Grafana shows (deploy/grafana/overview.ts). */
export interface BuiltPanel {
  readonly row: string;
  readonly kind: 'stat' | 'timeseries';
  readonly title: string;
  readonly description?: string;
  /** As Grafana calls units */
  readonly unit?: string;
  /** From here on it is shown in another colour */
  readonly yellow?: number;
  readonly red?: number;
  readonly queries: readonly (readonly [expr: string, legend: string])[];
}

declare global {
  const ENDPOINTS: Readonly<Record<string, Readonly<Record<string, BuiltEndpoint>>>>;
  const WORKFLOWS: readonly BuiltWorkflow[];
  const JUDGED_BY: Readonly<Record<string, string>>;
  const PANELS: readonly BuiltPanel[];
}

export const endpoints = ENDPOINTS;
export const workflows = WORKFLOWS;
/** The metric that the models of each name are judged by; of models that clients registered there is none. */
export const judgedBy = JUDGED_BY;
export const panels = PANELS;
