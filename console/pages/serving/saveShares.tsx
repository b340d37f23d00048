import type { ServedRoute } from '../../../contracts/routes.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { ChangeRoute } from './changeRoute.tsx';
import { t } from './words/index.ts';

interface Props {
  readonly of: ServedRoute;
  /** In percent, in the order of the variants */
  readonly shares: readonly number[];
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Asks before shares that were moved are in force. */
export const SaveShares = ({ of, shares, onClose, onDone }: Props) => (
  <Dialog title={t('routes.saveTitle', { route: of.route })} onClose={onClose}>
    <ChangeRoute
      of={of}
      variants={of.variants.map((variant, at) => ({ ...variant, weight: shares[at]! }))}
      says={t('routes.saveSays')}
      label={t('routes.save')}
      done={t('routes.saved', { route: of.route })}
      onClose={onClose}
      onDone={onDone}
    />
  </Dialog>
);
