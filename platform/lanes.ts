const LANES = 8;

/** Does `body` for each item, eight at a time; the first failure ends it. */
export async function inLanes<T>(items: readonly T[], body: (item: T) => Promise<unknown>): Promise<void> {
  const waiting = [...items];
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await body(item);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}
