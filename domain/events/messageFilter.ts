import type { PlacedMessage } from './readTopic.ts';

/** `user_id=anna` asks for a field of the value's JSON; anything else for a text in the key or the value. */
export function messageFilter(filter: string | undefined): (message: PlacedMessage) => boolean {
  if (filter === undefined) return () => true;
  const [, field, wanted] = /^([\w.-]+)=(.*)$/s.exec(filter) ?? [];
  if (field === undefined) return ({ message: { key, value } }) => [key, value].some((bytes) => bytes?.includes(filter));
  return ({ message: { value } }) => fieldOf(value, field) === wanted;
}

function fieldOf(value: Buffer | null, field: string): string | undefined {
  try {
    const found = field.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown> | null)?.[name], JSON.parse(String(value)));
    return typeof found === 'string' ? found : JSON.stringify(found);
  } catch {
    return undefined;
  }
}
