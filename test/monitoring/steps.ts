export type Step = (name: string, body: () => Promise<unknown>) => Promise<boolean>;

/** Does one step after the other, and says of each whether it went well, to whoever ran the command and to the caller. */
export function createSteps(): { step: Step; failed: () => boolean } {
  let isFailed = false;
  return {
    async step(name, body) {
      const startedAt = performance.now();
      try {
        await body();
        process.stderr.write(`ok  ${name} (${((performance.now() - startedAt) / 1_000).toFixed(1)} s)\n`);
        return true;
      } catch (error) {
        isFailed = true;
        process.stderr.write(`FAILED  ${name}: ${error instanceof Error ? error.message : String(error)}\n`);
        return false;
      }
    },
    failed: () => isFailed,
  };
}
