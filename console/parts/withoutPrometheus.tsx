import { t } from '../words/index.ts';
import { Empty } from './basics.tsx';
import { Command } from './command.tsx';

/** Where there is no Prometheus: how to get one, and what is shown until then. */
export const Without = ({ says }: { says: string }) => (
  <Empty title={t('monitoring.without')}>
    <p>{says}</p>
    <Command of={['check']} />
  </Empty>
);
