import type { ComponentChildren } from 'preact';
import type { Role } from '../../contracts/roles.ts';
import { caller, may } from '../api/caller.ts';
import { t } from '../words/index.ts';
import { Empty } from './basics.tsx';

/** What takes a role: others who come by a link are told which, and nobody is told anything before it is known who looks. */
export function ForRole({ least, children }: { least: Role; children: ComponentChildren }) {
  if (may(least)) return <>{children}</>;
  if (!caller.value) return null;
  return (
    <Empty title={t('fault.takes', { role: least })}>
      <p>{t('fault.takesNext')}</p>
    </Empty>
  );
}
