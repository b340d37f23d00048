import type { VNode } from 'preact';

type Params = Readonly<Record<string, string>>;

/** Pages by their addresses below `/console`; the first that fits is shown. */
export type Pages = readonly (readonly [string, (params: Params) => VNode])[];
