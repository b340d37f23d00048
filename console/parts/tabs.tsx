import { href, path } from '../router.ts';
import { t } from '../words/index.ts';
import type { Word } from '../words/en.ts';

/** Pages that belong together. */
export const Tabs = ({ of }: { of: readonly (readonly [string, Word])[] }) => (
  <nav class="tabs" aria-label={t('shell.subpages')}>
    {of.map(([to, word]) => (
      <a key={to} href={href(to)} {...(path.value === to && { 'aria-current': 'page' as const })}>
        {t(word)}
      </a>
    ))}
  </nav>
);
