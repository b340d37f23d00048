import type { ComponentChildren } from 'preact';
import { may } from '../api/caller.ts';
import { Link } from './basics.tsx';

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
