/**
 * Which column says what, as a command takes it: `user=customer,item=sku`. A column may hold a comma, which no field name follows then.
 * @throws Error that says what is taken
 */
export function readColumnMap<F extends string>(text: string, fields: readonly F[]): Readonly<Partial<Record<F, string>>> {
  const pairs = text.split(new RegExp(`,(?=(?:${fields.join('|')})=)`)).map((part) => {
    const [field = '', ...name] = part.split('=');
    return [field as F, name.join('=')] as const;
  });
  if (pairs.some(([field, name]) => !fields.includes(field) || name === '')) {
    throw new Error(`Give ${fields.map((field) => `${field}=<column>`).join(',')}, or some of them.`);
  }
  const twice = pairs.find(([field], at) => pairs.findIndex(([other]) => other === field) < at);
  if (twice) throw new Error(`${twice[0]} is given twice.`);
  return Object.fromEntries(pairs) as Partial<Record<F, string>>;
}
