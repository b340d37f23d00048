import { signal } from '@preact/signals';
import { keep, readKept } from '../../kept.ts';

const KEPT = 'runViews';

/** Views of the runs by the names that somebody gave them in this browser: each is what stands behind `?` in the address. */
export const savedViews = signal<Readonly<Record<string, string>>>(readViews(readKept(KEPT)));

export const saveView = (name: string, search: string): void => setViews({ ...savedViews.value, [name]: search });
export const forgetView = (name: string): void =>
  setViews(Object.fromEntries(Object.entries(savedViews.value).filter(([known]) => known !== name)));

function setViews(views: Readonly<Record<string, string>>) {
  savedViews.value = views;
  keep(KEPT, JSON.stringify(views));
}

/** Whoever wrote there otherwise has no views. */
function readViews(text: string | null): Readonly<Record<string, string>> {
  try {
    const kept = JSON.parse(text ?? '{}') as Record<string, unknown>;
    return Object.fromEntries(Object.entries(kept).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    return {};
  }
}
