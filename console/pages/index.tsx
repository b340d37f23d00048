import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { match } from '../match.ts';
import { Loading } from '../parts/basics.tsx';
import { Boundary } from '../parts/boundary.tsx';
import { path } from '../router.ts';
import { t } from '../words/index.ts';
import { Missing } from './missing.tsx';
import { Overview } from './overview.tsx';
import type { Pages } from './section.ts';

const FIRST: Pages = [['/', () => <Overview />]];

type Load = () => Promise<{ readonly PAGES: Pages }>;
const experiments: Load = () => import('./experiments/pages.tsx');

/** The other pages by how their addresses begin; the first that fits. Their scripts come when one of them is opened, or once nothing else is to be done. */
const SECTIONS: readonly (readonly [string, Load])[] = [
  ['/pipelines', () => import('./pipelines/pages.tsx')],
  ['/data', () => import('./data/pages.tsx')],
  ['/features', () => import('./features/pages.tsx')],
  ['/models/experiments/runs', experiments],
  ['/models/experiments/compare', experiments],
  ['/models', () => import('./models/pages.tsx')],
  ['/serving', () => import('./serving/pages.tsx')],
  ['/events', () => import('./events/pages.tsx')],
  ['/drift', () => import('./drift/pages.tsx')],
  ['/monitoring', () => import('./monitoring/pages.tsx')],
  ['/system', () => import('./system/pages.tsx')],
];

const loaded = signal<ReadonlyMap<Load, Pages>>(new Map());
const failed = signal<readonly Load[]>([]);

async function load(section: Load): Promise<void> {
  try {
    const { PAGES } = await section();
    loaded.value = new Map([...loaded.value, [section, PAGES]]);
  } catch {
    failed.value = [...failed.value, section];
  }
}

/** Fetches what is not there yet, so that a page opens at once, also while nobody answers. */
export const loadAll = () => Promise.all([...new Set(SECTIONS.map(([, section]) => section))].map(load));

/** The page at the address. */
export function Current() {
  const section = SECTIONS.find(([place]) => path.value === place || path.value.startsWith(`${place}/`))?.[1];
  const pages = section ? loaded.value.get(section) : FIRST;
  useEffect(() => {
    if (section && !pages) void load(section);
  }, [section]);
  if (section && !pages) return failed.value.includes(section) ? <Unfetched /> : <Loading />;
  for (const [pattern, page] of pages ?? []) {
    const params = match(pattern, path.value);
    // Another address of the same kind is another page: nothing of the one before stays.
    if (params)
      return (
        <Boundary key={path.value}>
          <div>{page(params)}</div>
        </Boundary>
      );
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
