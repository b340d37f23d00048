import type { ComponentChildren } from 'preact';
import type { Role } from '../../contracts/roles.ts';
import { caller, may } from '../api/caller.ts';
import { t } from '../words/index.ts';
import { Empty, Link } from './basics.tsx';

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

/** To the form that starts a workflow, or to all of them; nothing to whom the API would refuse it. */
export const StartLink = ({
  workflow,
  class: className = 'button primary',
  children,
}: {
  workflow?: string;
  class?: string;
  children: ComponentChildren;
}) =>
  may('operator') ? (
    <Link to={workflow === undefined ? '/pipelines/start' : `/pipelines/start/${encodeURIComponent(workflow)}`} class={className}>
      {children}
    </Link>
  ) : null;
