import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { match } from '../match.ts';
import { Loading } from '../parts/basics.tsx';
import { path } from '../router.ts';
import { t } from '../words/index.ts';
import { Missing } from './missing.tsx';
import { Overview } from './overview.tsx';
import type { Pages } from './section.ts';

const FIRST: Pages = [['/', () => <Overview />]];

/** The other pages by the first part of their addresses. Their scripts come when one of them is opened, or once nothing else is to be done. */
const SECTIONS: Readonly<Record<string, () => Promise<{ readonly PAGES: Pages }>>> = {
  pipelines: () => import('./pipelines/pages.tsx'),
  data: () => import('./data/pages.tsx'),
  features: () => import('./features/pages.tsx'),
  models: () => import('./models/pages.tsx'),
  serving: () => import('./serving/pages.tsx'),
  events: () => import('./events/pages.tsx'),
  drift: () => import('./drift/pages.tsx'),
  monitoring: () => import('./monitoring/pages.tsx'),
  system: () => import('./system/pages.tsx'),
};

const loaded = signal<ReadonlyMap<string, Pages>>(new Map([['', FIRST]]));
const failed = signal<readonly string[]>([]);

async function load(section: string): Promise<void> {
  try {
    const { PAGES } = await SECTIONS[section]!();
    loaded.value = new Map([...loaded.value, [section, PAGES]]);
  } catch {
    failed.value = [...failed.value, section];
  }
}

/** Fetches what is not there yet, so that a page opens at once, also while nobody answers. */
export const loadAll = () => Promise.all(Object.keys(SECTIONS).map(load));

/** The page at the address. */
export function Current() {
  const section = path.value.split('/')[1] ?? '';
  const isMissing = !loaded.value.has(section) && Object.hasOwn(SECTIONS, section);
  useEffect(() => {
    if (isMissing) void load(section);
  }, [section]);
  if (isMissing) return failed.value.includes(section) ? <Unfetched /> : <Loading />;
  for (const [pattern, page] of loaded.value.get(section) ?? []) {
    const params = match(pattern, path.value);
    // Another address of the same kind is another page: nothing of the one before stays.
    if (params) return <div key={path.value}>{page(params)}</div>;
  }
  return <Missing />;
}

/** A newer version may have taken the script's place: the whole page is fetched anew. */
const Unfetched = () => (
  <div class="fault" role="alert">
    <p class="fault-title">{t('fault.page')}</p>
    <p>{t('fault.unfetched')}</p>
    <button type="button" class="small" onClick={() => location.reload()}>
      {t('fault.again')}
    </button>
  </div>
);
