import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { once } from 'node:events';

/**
 * Makes the data of an invented shop for docs/own-data.md: `shop.csv` (customer,sku,stars,ts) and `products.csv` (sku,name,category,price).
 * The same numbers give the same bytes. `tsx bench/makeShop.ts [folder] [rows]`
 */
const [folder = '.', rows = '1000000'] = process.argv.slice(2);
const [CUSTOMERS, PRODUCTS, CATEGORIES] = [20_000, 2_000, ['Mugs', 'Posters', 'Books', 'Games', 'Lamps']];
const FIRST_S = Date.parse('2023-01-01T00:00:00Z') / 1000;

let state = 42;
/** A number from 0 to 1 (mulberry32). */
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
/** Few are chosen often, most seldom. */
const popular = (of: number) => Math.floor(of * random() ** 2);

const products = Array.from({ length: PRODUCTS }, (_, at) => {
  const category = CATEGORIES[at % CATEGORIES.length]!;
  return `SKU-${at + 1},"${category.slice(0, -1)}, no. ${at + 1}",${category},${(5 + random() * 95).toFixed(2)}`;
});
await writeFile(`${folder}/products.csv`, `sku,name,category,price\n${products.join('\n')}\n`);

const log = createWriteStream(`${folder}/shop.csv`);
log.write('customer,sku,stars,ts\n');
for (let row = 0; row < Number(rows); row += 1) {
  const customer = Math.floor(CUSTOMERS * random());
  // Each customer likes one category.
  const any = popular(PRODUCTS);
  const product = random() < 0.7 ? any - (any % CATEGORIES.length) + (customer % CATEGORIES.length) : any;
  const isLiked = product % CATEGORIES.length === customer % CATEGORIES.length;
  const stars = isLiked ? 3 + Math.floor(3 * random()) : 1 + Math.floor(4 * random());
  const line = `cust-${customer + 1},SKU-${Math.min(PRODUCTS, product + 1)},${stars},${FIRST_S + row * 60}\n`;
  if (!log.write(line)) await once(log, 'drain');
}
log.end();
await once(log, 'finish');
