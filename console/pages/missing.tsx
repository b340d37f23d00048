import { Empty, Link, Page } from '../parts/basics.tsx';
import { t } from '../words/index.ts';

export const Missing = () => (
  <Page title={t('missing.title')}>
    <Empty title={t('missing.lead')}>
      <Link to="/" class="button">
        {t('missing.next')}
      </Link>
    </Empty>
  </Page>
);
