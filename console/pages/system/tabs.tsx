import { may } from '../../api/caller.ts';
import { Empty } from '../../parts/basics.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { t } from './words/index.ts';

const OF_ANYBODY = [
  ['/system', 'system.overview'],
  ['/system/check', 'system.check'],
  ['/system/backups', 'system.backups'],
] as const;
const OF_ADMINS = [
  ['/system/settings', 'system.settings'],
  ['/system/keys', 'system.keys'],
  ['/system/audit', 'system.audit'],
] as const;

/** What a caller would be refused is not offered. */
export const SystemTabs = () => <Tabs of={may('admin') ? [...OF_ANYBODY, ...OF_ADMINS] : OF_ANYBODY} say={t} />;

/** In place of what admins alone may see, for whoever came by a link. */
export const ForAdmins = () => (
  <Empty title={t('system.forAdmins')}>
    <p>{t('system.forAdminsNext')}</p>
  </Empty>
);
