/** Whether something can be the id of a run in the registry: what cannot is not asked for. */
export const isRunId = (text: string): boolean => /^[0-9a-f]{32}$/.test(text);
