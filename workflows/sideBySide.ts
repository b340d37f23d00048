/**
 * Does something for each item, at most so many at a time, begun in their order.
 * @returns every outcome, in the order of the items
 */
export async function sideBySide<Item, Outcome>(
  items: readonly Item[],
  most: number,
  body: (item: Item) => Promise<Outcome>,
): Promise<PromiseSettledResult<Outcome>[]> {
  const outcomes: PromiseSettledResult<Outcome>[] = [];
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const at = next++;
      const [outcome] = await Promise.allSettled([body(items[at]!)]);
      outcomes[at] = outcome;
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, lane));
  return outcomes;
}
