import { useState } from 'preact/hooks';
import type { ServedRoute } from '../../../contracts/routes.ts';
import { judgedBy } from '../../api/built.ts';
import { api } from '../../api/calls.ts';
import { may } from '../../api/caller.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Link } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Show } from '../../parts/polled.tsx';
import { ChangeRoute } from './changeRoute.tsx';
import { commandOf, freeName, refsOf, suggestedRef, withVariant } from './routeSpec.ts';
import { t } from './words/index.ts';

const HALF = 50;

const useRefs = () =>
  usePoll(async (signal) => refsOf((await api.models.list({ signal })).models, (name) => judgedBy[name] !== undefined), 'refs', 0);

/** What leads to an A/B test where there is none: a second variant of the route that answers where none is named, or of the first. */
export function FirstTest() {
  const refs = useRefs();
  const routes = usePoll((signal) => api.routes.list({ signal }), 'routes', 0);
  const route = routes.data?.routes.find((one) => one.route === 'default') ?? routes.data?.routes[0];
  if (route === undefined || refs.data === undefined) return null;
  const added = { name: freeName(route), model: suggestedRef(refs.data, route.variants), share: HALF };
  return (
    <>
      {may('operator') && (
        <Link to={`/serving/routes?variant=${route.route}`} class="button primary">
          {t('routes.addVariant')}
        </Link>
      )}
      <Command of={commandOf({ ...route, variants: withVariant(route.variants, added) }, '')} />
    </>
  );
}

interface Props {
  readonly of: ServedRoute;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Asks what else is to answer on a route, and for how many of its users. */
export function AddVariant(props: Props) {
  const refs = useRefs();
  return (
    <Dialog title={t('routes.addTitle', { route: props.of.route })} onClose={props.onClose}>
      <Show of={refs}>{(all) => <Form {...props} refs={all} />}</Show>
    </Dialog>
  );
}

function Form({ of, refs, onClose, onDone }: Props & { refs: readonly string[] }) {
  const { route } = of;
  const [added, setAdded] = useState({ name: freeName(of), model: suggestedRef(refs, of.variants), share: HALF });
  return (
    <ChangeRoute
      of={of}
      variants={[...withVariant(of.variants, added)]}
      says={t('routes.addSays', { route })}
      label={t('routes.addVariant')}
      done={t('routes.added', { variant: added.name, route })}
      onClose={onClose}
      onDone={onDone}
    >
      <label class="field">
        <span class="field-name">{t('routes.name')}</span>
        <input
          required
          maxLength={40}
          pattern="[a-z0-9][a-z0-9_\-]*"
          value={added.name}
          onInput={(event) => setAdded({ ...added, name: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        <span class="field-name">{t('models.model')}</span>
        <select value={added.model} onChange={(event) => setAdded({ ...added, model: event.currentTarget.value })}>
          {refs.map((ref) => (
            <option key={ref} value={ref}>
              {ref}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span class="field-name">{t('routes.shareOf', { variant: added.name })}</span>
        <input
          type="number"
          required
          min={0}
          max={100}
          value={added.share}
          onInput={(event) => setAdded({ ...added, share: Number(event.currentTarget.value) })}
        />
      </label>
    </ChangeRoute>
  );
}
